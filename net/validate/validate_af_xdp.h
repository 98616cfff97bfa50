// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/netdev_origin.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that af-xdp options break, in QEMU's order. Pure.
///
/// Beyond QEMU: a negative `start-queue`, which it cuts to 32 bits.
std::vector<Error> validate_af_xdp(const qapi::NetdevAFXDPOptions& xdp, NetdevOrigin origin);

}  // namespace net
