// SPDX-License-Identifier: MIT
#include "net/validate/mac.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "net/validate/rule.h"
#include "qapi/scalars.h"

namespace net {
namespace {

constexpr std::string_view kSeparators = ":-";
constexpr std::int64_t kLargestNumber = 0xffffff;

Error bad_syntax(std::string_view option, std::string_view text) {
    return broken_rule(in_quotes(option) + " must be an Ethernet address, not " + in_quotes(text),
                       option)
        .with_hint("write six groups of hexadecimal digits, such as 52:54:00:12:34:56");
}

/// The form of one number; an empty text is 0.
std::optional<MacAddress> parse_number(std::string_view text) {
    const std::optional<std::int64_t> number = text.empty() ? 0 : qapi::parse_signed(text);
    if (!number || *number < 0 || *number > kLargestNumber) {
        return std::nullopt;
    }
    const auto byte = [&](int shift) { return static_cast<std::uint8_t>(*number >> shift); };
    return MacAddress{0, 0, 0, byte(16), byte(8), byte(0)};
}

/// One group as strtol() reads it in base 16, but without a sign '-', which separates here.
std::optional<std::uint64_t> parse_group(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size()));
    text.remove_prefix(text.starts_with('+') ? 1 : 0);
    text.remove_prefix(text.starts_with("0x") || text.starts_with("0X") ? 2 : 0);
    std::uint64_t group = 0;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, group, 16);
    return problem == std::errc() && stop == end ? std::optional(group) : std::nullopt;
}

Result<MacAddress> parse_groups(std::string_view option, std::string_view text) {
    MacAddress address = {};
    std::string_view rest = text;
    for (std::uint8_t& byte : address) {
        const bool last = &byte == &address.back();
        const std::size_t end = rest.find_first_of(kSeparators);
        if (last != (end == std::string_view::npos)) {
            return bad_syntax(option, text);
        }
        const std::string_view word = rest.substr(0, end);
        const bool zero = word.empty() && !rest.starts_with('-');  // there QEMU sees a sign
        const std::optional<std::uint64_t> group = zero ? 0 : parse_group(word);
        if (!group) {
            return bad_syntax(option, text);
        }
        if (*group > 0xff) {
            return broken_rule(
                in_quotes(option) + " has the group " + in_quotes(word) + ", which is above ff",
                option);
        }
        byte = static_cast<std::uint8_t>(*group);
        rest.remove_prefix(last ? rest.size() : end + 1);
    }
    return address;
}

}  // namespace

Result<MacAddress> parse_mac(std::string_view option, std::string_view text) {
    if (const std::optional<MacAddress> number = parse_number(text)) {
        return *number;
    }
    const MacAddress address = NET_TRY(parse_groups(option, text));
    if ((address.front() & 1U) != 0) {
        return broken_rule(in_quotes(option) + " must not be a multicast address, as " +
                               in_quotes(text) + " is",
                           option)
            .with_hint("the first byte of a card's address is even");
    }
    return address;
}

}  // namespace net
