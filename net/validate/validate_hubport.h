// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/netdev_origin.h"
#include "qapi/net_types.h"

namespace net {

/// The rule of hubport options: `-net` puts everything on hub 0, so it takes no port of its own.
/// Pure. Whether `netdev` exists is for validate_references().
std::vector<Error> validate_hubport(const qapi::NetdevHubPortOptions& port, NetdevOrigin origin);

}  // namespace net
