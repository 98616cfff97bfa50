// SPDX-License-Identifier: MIT
#include "net/base/shell_quote.h"

namespace qnetdev {
namespace {

/// Characters that mean nothing to a shell wherever they stand.
bool is_plain(std::string_view word) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,:/@%=";
    return !word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos;
}

std::string quote(std::string_view word) {
    std::string text = "'";
    for (const char c : word) {
        text += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return text + "'";
}

}  // namespace

std::string shell_quote(std::string_view word) {
    return is_plain(word) ? std::string(word) : quote(word);
}

std::string shell_quote(std::span<const std::string> words) {
    std::string line;
    bool command = true;  // up to here, `a=b` would be taken for an assignment
    for (const std::string& word : words) {
        const bool assignment = command && word.find('=') != std::string::npos;
        line += line.empty() ? "" : " ";
        line += assignment ? quote(word) : shell_quote(std::string_view(word));
        command = false;
    }
    return line;
}

}  // namespace qnetdev
