// SPDX-License-Identifier: MIT
#include "qapi/utf8.h"

namespace qnetdev::qapi {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t index) {
    return static_cast<unsigned char>(text[index]);
}

bool is_continuation(std::string_view text, std::size_t index) {
    return index < text.size() && (byte_at(text, index) & 0xc0U) == 0x80;
}

void append_escaped(std::string& text, unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text.append("\\x").push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0xfU]);
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

void append_utf8(std::string& text, std::uint32_t code_point) {
    const auto put = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (code_point < 0x80 && code_point != 0) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xc0U | code_point >> 6U);
        put(0x80U | (code_point & 0x3fU));
    } else if (code_point < 0x10000) {
        put(0xe0U | code_point >> 12U);
        put(0x80U | (code_point >> 6U & 0x3fU));
        put(0x80U | (code_point & 0x3fU));
    } else {
        put(0xf0U | code_point >> 18U);
        put(0x80U | (code_point >> 12U & 0x3fU));
        put(0x80U | (code_point >> 6U & 0x3fU));
        put(0x80U | (code_point & 0x3fU));
    }
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_sequence(text.substr(at));
        if (result.size() + length > limit) {
            return result + "…";
        }
        const auto byte = static_cast<unsigned char>(text[at]);
        // U+0080 to U+009F are control characters too: U+009B starts a terminal's commands.
        const bool is_c1 =
            byte == 0xc2 && length == 2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
        if (length == 0 || byte < 0x20 || byte == 0x7f || byte == 0xc0 || is_c1) {
            append_escaped(result, byte);
            ++at;
        } else {
            result.append(text.substr(at, length));
            at += length;
        }
    }
    return result;
}

}  // namespace qnetdev::qapi
