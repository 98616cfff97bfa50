// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/result.h"

namespace net {

/// An error of Stage::validate about one option; an empty `param` means about no single one.
Error broken_rule(std::string message, std::string_view param);

/// A value or name between quotes, fit for a message however long or strange it is.
std::string in_quotes(std::string_view text);

/// A number as C's strtol() reads it in base 10: leading blanks and a sign are allowed. Fails for
/// anything behind it and for what 64 bits cannot hold.
std::optional<std::int64_t> parse_decimal(std::string_view text);

}  // namespace net
