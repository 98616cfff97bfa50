// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>

#include "net/base/limits.h"
#include "net/bridge_helper/acl.h"
#include "net/bridge_helper/arguments.h"
#include "net/bridge_helper/refusal.h"
#include "net/netlink/link.h"
#include "net/unique_fd.h"

namespace qnetdev::helper {

/// The queues of one new tap.
///
/// The interface is not persistent: it goes, and leaves its bridge, when the last descriptor of it
/// is closed. So failure, exit and sudden death undo everything without any code for it.
struct Device {
    std::array<UniqueFd, limits::kTapQueues> queues = {};
    std::size_t count = 0;
    bool is_multi_queue = false;
    uid_t owner = 0;  ///< Who may attach to it in the end, besides CAP_NET_ADMIN: the caller.
    InterfaceName ifname = {};  ///< As the kernel settled on.
};

/// Opens the node with the process's present privileges.
[[nodiscard]] bool open_tun_node(UniqueFd& node, Refusal& why);

/// Finds the bridge that was asked for, and checks that the MTU fits it.
[[nodiscard]] bool find_bridge(RouteSocket& socket, const Arguments& request, const Acl& acl,
                               LinkInfo& bridge, Refusal& why);

/// Makes the tap with all its queues; it belongs to root for now. Never attaches to an interface
/// that exists, and leaves to strangers those that they got into first: if the name has a number to
/// choose, another one is tried, some times.
[[nodiscard]] bool make_device(RouteSocket& socket, const Arguments& request, Device& device,
                               Refusal& why);

/// Makes the tap a port of the bridge: MTU, address, for whom (port_note()), member, up.
[[nodiscard]] bool join_bridge(RouteSocket& socket, const Arguments& request,
                               const LinkInfo& bridge, const Device& device, Refusal& why);

}  // namespace qnetdev::helper
