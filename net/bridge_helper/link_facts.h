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
    // Of a tap.
    std::optional<std::uint32_t> owner = {};  ///< Empty: none, that is, anybody.
    bool is_persistent = false;
    // Of one with several queues: in use, and detached for now.
    std::uint32_t queues = 0;
    std::uint32_t idle_queues = 0;
};

/// Asks by name, alternative ones included. 0 or an errno; ENODEV: there is no such interface.
int query_facts(RouteSocket& socket, const char* name, LinkFacts& facts);

}  // namespace net::helper
