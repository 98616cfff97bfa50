// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "net/net_client_group.h"
#include "net/result.h"

namespace qnetdev::cli {

/// What exists on the host: a line for each queue of each group, in order of creation; for a
/// terminal of that width, what is the same for all queues below the table. Fails if the host does
/// not tell of one.
Result<std::string> netdev_table(const NetClientRegistry& registry,
                                 std::optional<std::size_t> width);

}  // namespace qnetdev::cli
