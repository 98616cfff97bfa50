// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qnetdev::qapi {

/// Length of the UTF-8 sequence that `text` begins with, 0 if it is not a valid one.
///
/// Surrogates and noncharacters are not valid; C0 80 is, as the spelling of U+0000.
std::size_t utf8_sequence(std::string_view text);

/// Whether that code point may appear in text; U+0000 may.
bool is_valid_code_point(std::uint32_t code_point);

/// Appends a valid code point, U+0000 as C0 80.
void append_utf8(std::string& text, std::uint32_t code_point);

/// A text made fit for a message: at most `limit` bytes, control and broken bytes as \xNN.
std::string printable(std::string_view text, std::size_t limit = 96);

}  // namespace qnetdev::qapi
