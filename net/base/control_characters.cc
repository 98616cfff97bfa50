// SPDX-License-Identifier: MIT
#include "net/base/control_characters.h"

namespace qnetdev {

std::string replace_controls(std::string_view text, char replacement, std::string_view kept) {
    std::string shown;
    shown.reserve(text.size());
    unsigned char before = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (before == 0xc2 && byte >= 0x80 && byte < 0xa0) {
            shown.back() = replacement;
        } else {
            const bool is_control = byte < 0x20 || byte == 0x7f;
            shown += is_control && kept.find(c) == kept.npos ? replacement : c;
        }
        before = byte;
    }
    return shown;
}

}  // namespace qnetdev
