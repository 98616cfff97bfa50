// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/base/control_characters.h"

namespace qnetdev::qapi {

using qnetdev::is_valid_code_point;
using qnetdev::utf8_sequence;

/// Appends a valid code point, U+0000 as C0 80.
void append_utf8(std::string& text, std::uint32_t code_point);

/// A text made fit for a message: at most `limit` bytes, control and broken bytes as \xNN.
std::string printable(std::string_view text, std::size_t limit = 96);

}  // namespace qnetdev::qapi
