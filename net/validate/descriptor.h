// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "net/netdev_origin.h"
#include "net/result.h"

namespace net {

/// Checks the form of a descriptor: a decimal number up to INT_MAX, or in a monitor command a name
/// that does not begin with a digit. Whether it is open is not asked.
void check_descriptor(std::string_view option, std::string_view text, NetdevOrigin origin,
                      std::vector<Error>& broken);

}  // namespace net
