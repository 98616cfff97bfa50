// SPDX-License-Identifier: MIT
#include "net/base/control_characters.h"

namespace qnetdev {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t index) {
    return static_cast<unsigned char>(text[index]);
}

bool is_continuation(std::string_view text, std::size_t index) {
    return index < text.size() && (byte_at(text, index) & 0xc0U) == 0x80;
}

}  // namespace

bool is_valid_code_point(std::uint32_t code_point) {
    const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    const bool noncharacter =
        (code_point >= 0xfdd0 && code_point <= 0xfdef) || (code_point & 0xfffeU) == 0xfffe;
    return code_point <= 0x10ffff && !surrogate && !noncharacter;
}

std::size_t utf8_sequence(std::string_view text) {
    const std::uint32_t lead = text.empty() ? 0xff : byte_at(text, 0);
    if (lead < 0x80) {
        return 1;
    }
    if (lead == 0xc0 && text.size() > 1 && byte_at(text, 1) == 0x80) {
        return 2;
    }
    const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                               : (lead & 0xf0U) == 0xe0       ? 3
                               : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                              : 0;
    if (length == 0) {
        return 0;
    }
    std::uint32_t code_point = lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text, i)) {
            return 0;
        }
        code_point = code_point << 6U | (byte_at(text, i) & 0x3fU);
    }
    const std::uint32_t shortest = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    return code_point >= shortest && is_valid_code_point(code_point) ? length : 0;
}

ShownCharacter first_character(std::string_view text) {
    const std::size_t length = utf8_sequence(text);
    const std::uint32_t lead = byte_at(text, 0);
    if (length == 0) {
        return {1, false};
    }
    const bool is_c1 = lead == 0xc2 && byte_at(text, 1) < 0xa0;
    return {length, lead >= 0x20 && lead != 0x7f && lead != 0xc0 && !is_c1};
}

std::string replace_controls(std::string_view text, char replacement, std::string_view kept) {
    std::string shown;
    shown.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto [length, printable] = first_character(text.substr(at));
        if (printable || kept.find(text[at]) != kept.npos) {
            shown.append(text.substr(at, length));
        } else {
            shown += replacement;
        }
        at += length;
    }
    return shown;
}

std::string printable_start(std::string_view text, std::size_t limit) {
    const bool cut = text.size() > limit;
    if (cut) {
        text = text.substr(0, limit);
        // Not in the middle of a UTF-8 sequence.
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) {
            text.remove_suffix(1);
        }
        if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) {
            text.remove_suffix(1);
        }
    }
    const std::string shown = replace_controls(text, '?');
    return cut ? shown + "…" : shown;
}

}  // namespace qnetdev
