// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/netdev_origin.h"
#include "net/result.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that options of any type but tap and bridge break, in QEMU's order. Pure.
///
/// Limits of the system (Stage::host) come behind the rules, because QEMU meets them later or not
/// at all. The types none and nic are refused where they are no backend: everywhere, but nic not
/// with -net. Of tap and bridge, which have their own functions, nothing is said.
std::vector<Error> validate_backend(const qapi::Netdev& netdev, NetdevOrigin origin);

}  // namespace net
