// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/cli/command.h"
#include "net/options/netdev_arguments.h"
#include "net/result.h"
#include "net/validate/netdev_plan.h"

/// The netdevs in somebody else's command line. All of this is pure.
namespace qnetdev::cli {

/// A word of a command that is the argument of such an option.
struct NetdevWord {
    std::size_t index = 0;
    NetdevOption option = NetdevOption::netdev;

    bool operator==(const NetdevWord&) const = default;
};

/// Finds them as QEMU would: `-netdev` and `--netdev` alike, but not where the word is the value of
/// another of QEMU's options. The first word is the program.
std::vector<NetdevWord> find_netdev_words(Words command);

/// A tap to be opened for a command.
struct TapRequest {
    NetdevArgument argument = {};          ///< Of type tap or bridge.
    std::optional<std::size_t> word = {};  ///< Its place in the command; absent: not part of it.
    NetdevPlan plan = {};

    const TapPlan& tap() const { return *tap_plan(plan); }
    unsigned queues() const { return tap().queues; }
    /// Whether the kernel's vhost-net is wanted for it, and nobody has given its descriptor.
    bool needs_vhost() const { return std::holds_alternative<OpenVhost>(tap().vhost.front()); }
};

/// What an argument is to us.
struct NetdevReading {
    /// To be opened; absent for all other types, and for taps that bring their descriptors along.
    std::optional<TapRequest> tap = {};
    /// Descriptors that the argument names by number: they have to reach the command.
    std::vector<int> named_fds = {};
    /// A tap that brings its descriptors along: its id and how many queues it has.
    std::string id = {};
    unsigned queues = 0;
};

/// What one argument is to us. Fails for a tap or bridge that is wrong; what is none of these is
/// QEMU's business, right or wrong.
Result<NetdevReading> read_netdev(const NetdevArgument& argument);

/// What --no-scripts means for a tap or bridge in somebody else's words: fails if it names a script
/// or helper, and takes the default scripts out of its plan. The default helper is left: it has a
/// mind of its own about who may join what.
Result<void> forbid_scripts(TapRequest& request);

}  // namespace qnetdev::cli
