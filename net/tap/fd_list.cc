// SPDX-License-Identifier: MIT
#include "net/tap/fd_list.h"

#include <charconv>

namespace net {

std::vector<std::string_view> split_fd_list(std::string_view text) {
    std::vector<std::string_view> tokens;
    while (!text.empty()) {
        const std::size_t end = text.find(':');
        tokens.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            break;
        }
        text.remove_prefix(end + 1);
    }
    return tokens;
}

std::optional<int> parse_fd_number(std::string_view token) {
    const std::size_t start = token.find_first_not_of(" \t\n\v\f\r");
    if (start == std::string_view::npos) {
        return std::nullopt;
    }
    token.remove_prefix(start);
    if (token.front() == '+') {
        token.remove_prefix(1);
    }
    int number = -1;
    const char* end = token.data() + token.size();
    const auto [stop, problem] = std::from_chars(token.data(), end, number);
    if (problem != std::errc() || stop != end || !is_fd_number(token)) {
        return std::nullopt;
    }
    return number;
}

bool is_fd_number(std::string_view token) {
    return !token.empty() && token.front() >= '0' && token.front() <= '9';
}

}  // namespace net
