// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "net/base/fixed_text.h"
#include "net/base/limits.h"
#include "net/base/mac_address.h"

namespace qnetdev {

using InterfaceName = FixedText<limits::kInterfaceName>;
using InterfaceAlias = FixedText<limits::kInterfaceAlias>;
using LinkKind = FixedText<56>;  // MODULE_NAME_LEN in <linux/moduleparam.h>

/// What the kernel tells of a tun device.
struct TunInfo {
    bool is_tap = false;  ///< In tap (Ethernet) mode.
    bool multi_queue = false;
    bool persistent = false;   ///< It outlives its descriptors.
    bool packet_info = false;  ///< 4 bytes of it before each frame: no IFF_NO_PI.
    /// Of one that belongs to a user or a group: to them alone. Empty: to anybody.
    std::optional<std::uint32_t> owner = {};
    std::optional<std::uint32_t> group = {};
    /// Attached and detached queues of a multi-queue one, since Linux 4.17; of others the kernel
    /// does not tell.
    std::optional<std::uint32_t> queues = {};
};

/// What the kernel tells of a bridge.
struct BridgeInfo {
    bool stp = false;
    std::uint32_t forward_delay = 0;  ///< In 1/100 s.
};

/// What the kernel tells of an interface.
struct LinkInfo {
    unsigned index = 0;
    InterfaceName name = {};  ///< Its own; one can ask by an alternative one (altname), too.
    /// A note that only CAP_NET_ADMIN can write (ip link set ... alias); mostly empty.
    InterfaceAlias alias = {};
    LinkKind kind = {};  ///< "tun", "bridge", "macvtap"; empty for physical ones.
    unsigned mtu = 0;
    MacAddress address = {};
    bool is_up = false;
    bool is_ethernet = false;  ///< Its frames are; a tap's type can be changed (TUNSETLINK).
    std::uint32_t group = 0;   ///< The interface group that it is in; 0: the default one.
    unsigned master = 0;       ///< Index of what it belongs to; 0: nothing.
    /// State as a port of a bridge: BR_STATE_* in <linux/if_bridge.h>.
    std::optional<std::uint8_t> port_state = {};
    TunInfo tun = {};        ///< Meaningful if is_tun().
    BridgeInfo bridge = {};  ///< Meaningful if is_bridge().

    bool is_tun() const { return kind == "tun"; }
    bool is_bridge() const { return kind == "bridge"; }
};

}  // namespace qnetdev
