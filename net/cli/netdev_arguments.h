// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/cli/arguments.h"
#include "net/netdev.h"

namespace net::cli {

/// One -netdev, -nic or -net of the command line.
struct NetdevArgument {
    std::string_view option;
    std::string text;
    NetdevOrigin origin = NetdevOrigin::command_line;
    qapi::Netdev netdev = {};  ///< Set by parse_all().
    bool json_like = false;    ///< JSON or keyval: initialised before the traditional ones.
    bool empty = false;        ///< `-nic none`, `-net nic`: there is no backend to be made.
};

/// All of them, in command-line order.
struct NetdevArguments {
    std::vector<NetdevArgument> items = {};

    /// Parses every argument, printing warnings and the first error. Returns the status to exit
    /// with, or nothing to go on. An argument that asks for help prints the list of types: status
    /// 0.
    std::optional<int> parse_all();

    /// The order QEMU initialises them in: -netdev as JSON or keyval, -netdev as traditional text,
    /// -nic, -net.
    std::vector<const NetdevArgument*> in_init_order() const;

private:
    Result<void> parse(NetdevArgument& item);

    unsigned next_id_ = 0;
};

/// The options that fill it: -netdev.
std::vector<OptionSpec> netdev_option_specs(NetdevArguments& arguments);
/// -nic and -net.
std::vector<OptionSpec> nic_option_specs(NetdevArguments& arguments);

/// "Available netdev backend types:" and one a line, as QEMU prints them.
std::string list_netdev_types();

}  // namespace net::cli
