// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/cli/exec/command_netdevs.h"
#include "net/event_loop.h"
#include "net/net_context.h"
#include "net/netdev.h"
#include "net/unique_fd.h"

/// Opening the taps that a command is to have.
namespace qnetdev::cli {

/// The descriptors of one tap as they are in this process.
struct OpenTap {
    std::string id;
    std::vector<int> fds = {};            ///< Owned by the context.
    std::vector<UniqueFd> vhostfds = {};  ///< Empty, or one for each of `fds`.
    std::string ifname = {};
    std::string down_script = {};  ///< Empty if none is due.
    std::string due_bridge = {};   ///< The one that it has to leave again; empty: none.
};

/// The taps, and what keeps them. Destruction removes them and runs down scripts that are due.
struct OpenTaps {
    std::unique_ptr<EventLoop> loop = {};
    std::unique_ptr<NetContext> context = {};
    std::vector<OpenTap> taps = {};  ///< In the order of the requests.
};

/// Opens every request, in the order that QEMU initialises them in. Reports the first error and
/// then returns nothing; all is undone then. `settings` is for the context.
std::optional<OpenTaps> open_taps(const std::vector<TapRequest>& requests,
                                  NetContextOptions settings);

}  // namespace qnetdev::cli
