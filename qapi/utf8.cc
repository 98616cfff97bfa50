// SPDX-License-Identifier: MIT
#include "qapi/utf8.h"

namespace qnetdev::qapi {
namespace {

void append_escaped(std::string& text, unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text.append("\\x").push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0xfU]);
}

}  // namespace

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
        if (first_character(text.substr(at)).printable) {
            result.append(text.substr(at, length));
            at += length;
        } else {
            append_escaped(result, static_cast<unsigned char>(text[at]));
            ++at;
        }
    }
    return result;
}

}  // namespace qnetdev::qapi
