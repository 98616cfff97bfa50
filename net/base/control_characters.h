// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qnetdev {

/// Length of the UTF-8 sequence that `text` begins with, 0 if it is not a valid one.
///
/// Surrogates and noncharacters are not valid; C0 80 is, as the spelling of U+0000.
std::size_t utf8_sequence(std::string_view text);

/// Whether that code point may appear in text; U+0000 may.
bool is_valid_code_point(std::uint32_t code_point);

/// How much of the text, which is not empty, is shown as one character: that many bytes, and as
/// such, or replaced. Control characters are those of ASCII and, in UTF-8, U+0080 to U+009F, of
/// which U+009B starts a terminal's commands. A byte that is no UTF-8 may be one of them, too, on a
/// terminal of another encoding.
struct ShownCharacter {
    std::size_t length;
    bool printable;
};
ShownCharacter first_character(std::string_view text);

/// The text with every control character and every byte that is no UTF-8 replaced, except those in
/// `kept`: what others wrote must not steer the terminal it is shown on.
std::string replace_controls(std::string_view text, char replacement, std::string_view kept = {});

/// At most `limit` bytes, with '?' for control characters; "…" stands where something was cut,
/// which is not in the middle of a UTF-8 character.
std::string printable_start(std::string_view text, std::size_t limit);

}  // namespace qnetdev
