// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/cli/command.h"
#include "net/result.h"
#include "net/validate/netdev_plan.h"
#include "qapi/net_types.h"

/// The netdevs in somebody else's command line. All of this is pure.
namespace net::cli {

/// Which option a netdev was written behind.
enum class NetdevOption { netdev, nic, net };

/// "-netdev", "-nic" or "-net".
std::string_view netdev_option_name(NetdevOption option);

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
    NetdevOption option = NetdevOption::netdev;
    std::string text = {};                 ///< As written.
    std::optional<std::size_t> word = {};  ///< Its place in the command; absent: not part of it.
    bool json = false;
    /// Of type tap or bridge. The id is invented where -nic or -net gives none.
    qapi::Netdev netdev = {};
    NetdevPlan plan = {};  ///< Of `netdev`.
    std::vector<std::string> warnings = {};

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

/// Reads one argument. Fails for a tap or bridge that is wrong; what is none of these is QEMU's
/// business, right or wrong. `serial` makes invented ids unique.
Result<NetdevReading> read_netdev(NetdevOption option, std::string_view text, std::size_t serial);

}  // namespace net::cli
