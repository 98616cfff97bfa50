// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/result.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that stream options break, in QEMU's order. Pure.
///
/// The address is not looked at: QEMU connects and listens in the background, and what fails there
/// leaves the link down. The rules of `reconnect` are those of QEMU 9.2; a delay that QEMU would
/// cut to 32 bits is refused.
std::vector<Error> validate_stream(const qapi::NetdevStreamOptions& stream);

}  // namespace net
