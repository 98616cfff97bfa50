// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/netdev_origin.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that socket options break, in QEMU's order. Pure.
///
/// Whether a name resolves, and to a multicast group, is left to the host.
std::vector<Error> validate_socket(const qapi::NetdevSocketOptions& socket, NetdevOrigin origin);

}  // namespace net
