// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "net/base/limits.h"
#include "net/bridge_helper/text.h"
#include "net/netlink/route_socket.h"

namespace net::helper {

/// What tells whether an interface is the one that was meant, and nobody else's.
struct LinkFacts {
    unsigned index = 0;
    FixedText<limits::kInterfaceName> name = {};  ///< Its own, not an alternative one (altname).
    unsigned master = 0;  ///< Index of the bridge that it is a port of; 0: of none.
    // Of a tap.
    std::optional<std::uint32_t> owner = {};  ///< Empty: none, that is, anybody.
    std::optional<std::uint32_t> group = {};  ///< The same.
    bool is_ethernet = false;                 ///< The type can be changed (TUNSETLINK).
    bool is_persistent = false;
    // Of one with several queues: in use, and detached for now.
    std::uint32_t queues = 0;
    std::uint32_t idle_queues = 0;
};

/// Asks by name, alternative ones included. 0 or an errno; ENODEV: there is no such interface.
int query_facts(RouteSocket& socket, const char* name, LinkFacts& facts);

/// How many ports of a bridge are taps that belong to the user, persistent ones included. 0 or an
/// errno; EINTR: interfaces come and go all the time.
int count_ports(unsigned bridge, std::uint32_t owner, unsigned& count);

}  // namespace net::helper
