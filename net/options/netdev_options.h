// SPDX-License-Identifier: MIT
#pragma once

#include "net/options.h"
#include "net/options/traditional.h"

namespace net {

/// Fails for an argument above limits::kArgumentBytes.
Result<void> check_length(std::string_view text);

/// Fails unless the id, if there is one, is well-formed.
Result<void> check_given_id(const TraditionalOptions& options);

/// Converts a traditional argument whose id was checked; rewrites ipv6-net first.
Result<ParsedNetdev> netdev_from_traditional(TraditionalOptions& options);

}  // namespace net
