// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/netdev_origin.h"
#include "net/result.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that tap options break, in QEMU's order. Pure.
std::vector<Error> validate_tap(const qapi::NetdevTapOptions& tap, NetdevOrigin origin);

}  // namespace net
