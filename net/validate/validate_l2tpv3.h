// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/result.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that l2tpv3 options break, in QEMU's order. Pure.
///
/// Addresses and ports may be names of services, and are left to the host.
std::vector<Error> validate_l2tpv3(const qapi::NetdevL2TPv3Options& tunnel);

}  // namespace net
