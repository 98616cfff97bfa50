// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/cli/run/own_file.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev::cli {

/// Where a monitor is to be reached, as -qmp and -monitor take it.
///
///     unix:PATH,server=on,wait=off[,mode=0660][,group=NAME][,uid=NUMBER]…
///     tcp:HOST:PORT,server=on,wait=off[,uid=NUMBER]…[,uid=any]
///     stdio
///     fd:NUMBER[,uid=NUMBER]…[,uid=any]      an inherited socket, listening or connected
struct MonitorAddress {
    struct Unix {
        std::string path;
        mode_t mode = 0600;
        std::optional<gid_t> group = {};
    };
    struct Tcp {
        std::string host;  ///< Empty: every address of the host.
        std::string port;
    };
    struct Stdio {};
    struct Inherited {
        int fd = -1;
    };

    std::string text = {};  ///< As given.
    std::variant<Unix, Tcp, Stdio, Inherited> place = Stdio{};
    bool server = false;
    bool wait = true;  ///< Only with `server`: nothing is set up before a client has connected.
    bool pretty = false;
    std::vector<uid_t> uids = {};  ///< See MonitorAccess.
    bool any_user = false;
};

/// Fails at Stage::parse, naming the option of the address.
Result<MonitorAddress> parse_monitor_address(std::string_view text);

/// A socket for the address, bound and listening, or connected.
struct MonitorSocket {
    UniqueFd fd = {};
    bool listens = false;
    std::optional<OwnFile> file = {};  ///< That was made; to be dropped after everything else.
};

/// Makes the socket; not for Stdio. A socket file that nobody serves any more is replaced.
Result<MonitorSocket> open_monitor_socket(const MonitorAddress& address);

}  // namespace qnetdev::cli
