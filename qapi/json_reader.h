// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "net/result.h"
#include "qapi/value.h"

namespace qnetdev::qapi {

/// Reads exactly one JSON value, in the dialect QEMU understands.
///
/// That is RFC 8259 plus strings in single quotes and the escape \'. Refused beyond the RFC:
/// duplicate keys, bad UTF-8, noncharacters, and more bytes, tokens or nesting than
/// net/base/limits.h allows. U+0000 is kept as the two bytes C0 80, so no text holds a NUL.
/// Errors are of Stage::parse with the column and span of the offending bytes. Time and memory are
/// linear in the input, and no input makes it recurse.
qnetdev::Result<Document> parse_json(std::string_view text);
/// A document must not outlive its text, so a temporary is not taken.
template <std::same_as<std::string> Text>
qnetdev::Result<Document> parse_json(Text&& text) = delete;

}  // namespace qnetdev::qapi
