// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Spellings of scalar values in key=value text. Each function takes the whole text or fails.
namespace qnetdev::qapi {

/// on, yes, true, y; off, no, false, n. Lower case only.
std::optional<bool> parse_bool(std::string_view text);

/// What a '-' means in front of an unsigned number.
enum class Negative : std::uint8_t {
    refused,
    wraps,  ///< Counted down from 2^64, as keyval input has always had it.
};

/// C's rules for integers: leading blanks, a sign, then 0x… hexadecimal, 0… octal or decimal.
std::optional<std::uint64_t> parse_unsigned(std::string_view text, Negative negative);

/// As parse_unsigned(), for signed numbers.
std::optional<std::int64_t> parse_signed(std::string_view text);

/// A number of bytes below 2^64: hexadecimal without suffix, or decimal.
///
/// Decimal may have a suffix b, k, m, g, t, p or e in either case, for powers of 1024, and, with a
/// suffix above b, a fraction; what is left of it is rounded to whole bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// A finite or infinite number as C reads it.
std::optional<double> parse_real(std::string_view text);

}  // namespace qnetdev::qapi
