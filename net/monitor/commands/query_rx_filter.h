// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/net_client_group.h"
#include "qapi/net_types.h"

namespace qnetdev {

/// What cards receive: of the card of that name, or of all that keep a filter.
Result<std::vector<qapi::RxFilterInfo>> query_rx_filter(const NetClientRegistry& registry,
                                                        const std::optional<std::string>& name);

}  // namespace qnetdev
