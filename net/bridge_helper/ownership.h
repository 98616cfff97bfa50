// SPDX-License-Identifier: MIT
#pragma once

#include "net/bridge_helper/device.h"
#include "net/bridge_helper/refusal.h"
#include "net/netlink/route_socket.h"

namespace qnetdev::helper {

/// Whom a new tap belongs to.
enum class Claim {
    ours,
    lost,   ///< Somebody else was in it first; it is deleted.
    failed  ///< It cannot be told.
};

/// Makes a tap with one queue root's, so that nobody can attach to it, not even the caller. Without
/// an owner it is everybody's: whoever can open /dev/net/tun may attach a queue to it
/// (tun_not_capable() in the kernel's drivers/net/tun.c).
///
/// To be called at once after the tap was made: the kernel cannot make one that has an owner. Of a
/// multi-queue one it is then checked that nobody got in before, and what a stranger who did and is
/// gone again may have left is taken away. Sets `why` unless the outcome is `ours`.
[[nodiscard]] Claim claim_device(RouteSocket& socket, const Device& device, Refusal& why);

/// Gives the tap, with all its queues and in its bridge, to `device.owner`.
[[nodiscard]] bool hand_over(const Device& device, Refusal& why);

/// Deletes the tap, whoever has it.
void delete_device(RouteSocket& socket, const Device& device);

}  // namespace qnetdev::helper
