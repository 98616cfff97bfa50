// SPDX-License-Identifier: MIT
#include "net/validate/rule.h"

#include <charconv>
#include <utility>

#include "qapi/utf8.h"

namespace net {

Error broken_rule(std::string message, std::string_view param) {
    return Error(std::move(message)).with_stage(Stage::validate).with_param(std::string(param));
}

std::string in_quotes(std::string_view text) {
    return "'" + qapi::printable(text) + "'";
}

std::optional<std::int64_t> parse_decimal(std::string_view text) {
    const std::size_t start = text.find_first_not_of(" \t\n\v\f\r");
    if (start == std::string_view::npos) {
        return std::nullopt;
    }
    text.remove_prefix(start);
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
        text.remove_prefix(1);
    }
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    return problem == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace net
