// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/result.h"
#include "qapi/net_types.h"

namespace net {

/// The rule of passt options that needs no program: passt refuses to run without any protocol.
/// Pure.
std::vector<Error> validate_passt(const qapi::NetdevPasstOptions& passt);

}  // namespace net
