// SPDX-License-Identifier: MIT
#include "net/monitor/hmp/hmp_line.h"

#include <algorithm>

namespace qnetdev {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::optional<char> unescape(char byte) {
    switch (byte) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case '\\':
        case '\'':
        case '"':
            return byte;
        default:
            return std::nullopt;
    }
}

}  // namespace

void HmpLine::skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
}

bool HmpLine::at_end() {
    skip_blanks();
    return rest_.empty();
}

std::string_view HmpLine::raw_word() {
    skip_blanks();
    const std::string_view word = rest_.substr(0, rest_.find_first_of(kBlanks));
    rest_.remove_prefix(word.size());
    return word;
}

std::optional<std::string> HmpLine::word() {
    if (at_end()) {
        return std::nullopt;
    }
    if (rest_.front() == '"') {
        return quoted_word();
    }
    return std::string(raw_word());
}

std::optional<std::string> HmpLine::quoted_word() {
    std::string word;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
        if (rest_[at] == '"') {
            rest_.remove_prefix(at + 1);
            return word;
        }
        if (rest_[at] != '\\') {
            word.push_back(rest_[at]);
        } else if (++at < rest_.size()) {
            const std::optional<char> byte = unescape(rest_[at]);
            if (!byte) {
                return std::nullopt;
            }
            word.push_back(*byte);
        }
    }
    return std::nullopt;
}

bool is_foreign_line(std::string_view line) {
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    if (std::any_of(line.begin(), line.end(), [](char c) {
            return (static_cast<unsigned char>(c) < ' ' && kBlanks.find(c) == kBlanks.npos) ||
                   c == '\x7f';
        })) {
        return true;
    }
    const std::string_view first = HmpLine(line).raw_word();
    if (first.empty()) {
        return false;
    }
    if (first.back() == ':' ||
        (is_capital(first.front()) && std::none_of(first.begin(), first.end(), is_small))) {
        return true;
    }
    line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
    return line.substr(line.find_last_of(kBlanks) + 1).starts_with("HTTP/");
}

}  // namespace qnetdev
