// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "net/netlink/route_socket.h"

/// Making an interface a port of a bridge, for the library and for the set-uid helper: no
/// allocation, no C++ runtime, errors are errno values (0: none).
namespace net {

using LinkAddress = std::array<std::uint8_t, 6>;

/// What matters of an interface on its way into a bridge.
struct PortLink {
    unsigned index = 0;
    unsigned mtu = 0;
    LinkAddress address = {};
    bool is_up = false;
    bool is_bridge = false;
    unsigned master = 0;  ///< Index of what it belongs to; 0: nothing.
    /// State as a port of a bridge: BR_STATE_* in <linux/if_bridge.h>.
    std::optional<std::uint8_t> port_state = {};
    std::uint32_t tap_queues = 0;  ///< Attached ones of a multi-queue tap.
    bool is_persistent = false;    ///< A tap that outlives its descriptors.
    // Of a bridge; times in 1/100 s.
    bool stp = false;
    std::uint32_t forward_delay = 0;
};

/// ENODEV: there is no such interface.
int query_link(RouteSocket& socket, const char* name, PortLink& link);

struct PortSettings {
    unsigned index = 0;   ///< The port.
    unsigned bridge = 0;  ///< Index of its bridge; 0: of none.
    bool up = true;
    std::optional<std::uint32_t> mtu = {};
    std::optional<LinkAddress> address = {};
};

/// One request: MTU and address as given, then member of the bridge or no more of any, then up or
/// down. If a later part fails, the kernel leaves the earlier ones in place.
int set_bridge_port(RouteSocket& socket, const PortSettings& settings);

}  // namespace net
