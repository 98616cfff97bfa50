// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/netdev_origin.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that dgram options break, in QEMU's order. Pure.
///
/// Which rules hold depends on whether `remote` is a multicast group. Of a name that only the host
/// can resolve this is not known; then only what breaks the rules of both is reported.
std::vector<Error> validate_dgram(const qapi::NetdevDgramOptions& dgram, NetdevOrigin origin);

}  // namespace net
