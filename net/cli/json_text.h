// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "net/result.h"

/// The text of what programs tell one another in JSON: a batch, findings, a monitor's answers.
///
/// Text in QEMU's dialect, as users and the clients of a monitor send it, is for parse_json() of
/// qapi/json_reader.h.
namespace qnetdev::cli {

using Json = nlohmann::ordered_json;

/// Reads exactly one value of RFC 8259.
///
/// Refuses what nlohmann_json would silently change (duplicate keys, integers beyond 64 bits, what
/// follows a NUL), and more bytes, values or nesting than net/base/limits.h allows to JSON, so that
/// the value can be walked by recursion. Errors are of Stage::parse. Time is linear in the input,
/// but for the sorting of keys.
Result<Json> read_json(std::string_view text);

/// The value in pure ASCII; broken bytes of texts become \uFFFD. On one line, or on many, which are
/// indented by that many blanks for each level.
std::string write_json(const Json& value, int indent = -1);

}  // namespace qnetdev::cli
