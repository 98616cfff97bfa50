// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/result.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that options of the three vmnet types break, as far as it needs no macOS.
/// Pure.
std::vector<Error> validate_vmnet(const qapi::NetdevVmnetHostOptions& vmnet);
std::vector<Error> validate_vmnet(const qapi::NetdevVmnetSharedOptions& vmnet);
std::vector<Error> validate_vmnet(const qapi::NetdevVmnetBridgedOptions& vmnet);

}  // namespace net
