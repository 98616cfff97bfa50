// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/result.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that user options break, in QEMU's order. Pure.
///
/// Of the forwarding rules QEMU takes guestfwd before hostfwd and each list from its end. Beyond
/// what QEMU says itself: a bootfile above 127 bytes, on which it aborts.
std::vector<Error> validate_user(const qapi::NetdevUserOptions& user);

}  // namespace net
