// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/netdev_origin.h"
#include "net/options.h"

/// The -netdev, -nic and -net arguments of one command line: whose they are, in which order QEMU
/// makes backends of them, and what those are called that have no id. Pure, as all of net/options.
namespace qnetdev {

/// Which option a netdev is written behind.
enum class NetdevOption { netdev, nic, net };

/// "-netdev", "-nic" or "-net".
std::string_view netdev_option_name(NetdevOption option);

/// One argument, read.
struct NetdevArgument {
    NetdevOption option = NetdevOption::netdev;
    std::string text = {};
    NetdevLanguage language = NetdevLanguage::traditional;
    /// What it says; -netdev has no card.
    Result<ParsedNic> parsed = ParsedNic{};
    bool id_invented = false;  ///< By invent_ids().

    /// As it is typed: "-netdev".
    std::string_view name() const { return netdev_option_name(option); }
    NetdevOrigin origin() const;
    /// Whether it could be read and asks for a backend: not `none`, nor a card of -net.
    bool has_backend() const;
    /// Only with has_backend().
    const qapi::Netdev& netdev() const { return *parsed->netdev; }
    /// What is questionable about it; nothing if it could not be read.
    std::vector<std::string> warnings() const;
    /// The rank of its kind in QEMU's order: -netdev as JSON or keyval, -netdev as traditional
    /// text, -nic, -net.
    int init_phase() const;
    /// Of -netdev: asks for the list of types.
    bool asks_for_help() const;
};

/// All of them, in the order they were given.
class NetdevArguments {
public:
    /// Reads one more, which may be wrong.
    void add(NetdevOption option, std::string text);

    bool empty() const { return items_.empty(); }
    const std::vector<NetdevArgument>& items() const& { return items_; }
    std::vector<NetdevArgument> items() && { return std::move(items_); }

    /// Places in items() of those with a backend, in the order QEMU makes them: by init_phase(),
    /// and as given in each phase.
    std::vector<std::size_t> init_order() const;

    /// Gives each -nic and -net without an id the one that QEMU invents: "#net", how many it has
    /// invented before, and two random digits, so that nobody relies on it. No user can write such
    /// an id. `random` is asked for a number of any size each time.
    ///
    /// As in QEMU the count goes by init_phase(), and includes cards and `none` of -net, but not
    /// `-nic none`. Call once, after the last add().
    void invent_ids(const std::function<unsigned()>& random);

private:
    std::vector<std::size_t> by_phase() const;

    std::vector<NetdevArgument> items_ = {};
};

}  // namespace qnetdev
