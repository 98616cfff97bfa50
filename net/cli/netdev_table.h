// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "net/net_client_group.h"
#include "net/result.h"

namespace qnetdev::cli {

/// What exists on the host: a line for each queue of each group, in order of creation. Fails if the
/// host does not tell of one.
Result<std::string> netdev_table(const NetClientRegistry& registry);

}  // namespace qnetdev::cli
