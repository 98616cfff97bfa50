// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/cli/arguments.h"
#include "net/cli/run/monitor_address.h"
#include "net/options/netdev_arguments.h"

namespace qnetdev::cli {

/// A monitor that -qmp, -monitor or -mon asks for.
struct MonitorArgument {
    std::string_view option;
    MonitorAddress address = {};
    bool human = false;
};

/// -add-fd: a descriptor that was inherited, for a set.
struct AddFdArgument {
    int fd = -1;
    std::int64_t set = 0;
    std::optional<std::string> opaque = {};
};

/// The command line of `qnetdev run`.
struct RunOptions {
    NetdevArguments netdevs = {};
    std::vector<MonitorArgument> monitors = {};
    std::vector<AddFdArgument> fds = {};
    std::string name = {};
    std::string pidfile = {};
    bool stopped = false;
    bool daemonize = false;
    bool verbose = false;
    bool trace = false;
    int timeout_seconds = 30;

    /// Whether standard input and output belong to a monitor.
    bool uses_stdio() const;
};

Result<RunOptions> parse_run_options(Words words);

}  // namespace qnetdev::cli
