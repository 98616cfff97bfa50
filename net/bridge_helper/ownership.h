// SPDX-License-Identifier: MIT
#pragma once

#include "net/bridge_helper/device.h"
#include "net/bridge_helper/refusal.h"
#include "net/netlink/route_socket.h"

namespace net::helper {

/// Makes a tap the property of `device.owner`. Without an owner it is everybody's: whoever can open
/// /dev/net/tun may attach a queue to it (tun_not_capable() in the kernel's drivers/net/tun.c).
///
/// To be called at once after the tap was made: the kernel cannot make one that has an owner.
[[nodiscard]] bool claim_device(const Device& device, Refusal& why);

/// Checks that nobody got in before claim_device(), and takes away what a stranger who did and is
/// gone again may have left. If somebody did, the interface is deleted. To be called when all
/// queues are there, before the tap is in a bridge.
[[nodiscard]] bool check_sole_user(RouteSocket& socket, const Device& device, Refusal& why);

}  // namespace net::helper
