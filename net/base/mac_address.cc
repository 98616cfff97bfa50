// SPDX-License-Identifier: MIT
#include "net/base/mac_address.h"

#include <limits>

namespace qnetdev {
namespace {

constexpr std::uint64_t kLargestNumber = 0xffffff;

/// What isspace() takes for a blank in the C locale.
bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

unsigned digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a') + 10 : 16;
}

/// The digits, which are all of the text; none is no number.
std::optional<std::uint64_t> parse_digits(std::string_view text, unsigned base) {
    std::uint64_t number = 0;
    for (const char c : text) {
        const unsigned digit = digit_value(c);
        if (digit >= base || number > (std::numeric_limits<std::uint64_t>::max() - digit) / base) {
            return std::nullopt;
        }
        number = number * base + digit;
    }
    return text.empty() ? std::nullopt : std::optional(number);
}

/// Takes the blanks and the sign off that C allows before a number; tells whether it is '-'.
bool take_sign(std::string_view& text) {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    const bool negative = text.starts_with('-');
    text.remove_prefix(negative || text.starts_with('+') ? 1 : 0);
    return negative;
}

bool take_hex_prefix(std::string_view& text) {
    const bool prefix = text.starts_with("0x") || text.starts_with("0X");
    text.remove_prefix(prefix ? 2 : 0);
    return prefix;
}

/// The form of one number.
std::optional<MacAddress> parse_number(std::string_view text) {
    const bool negative = take_sign(text);
    const unsigned base = take_hex_prefix(text) ? 16 : text.starts_with('0') ? 8 : 10;
    const std::optional<std::uint64_t> number = parse_digits(text, base);
    if (!number || *number > kLargestNumber || (negative && *number != 0)) {
        return std::nullopt;
    }
    const auto byte = [&](int shift) { return static_cast<std::uint8_t>(*number >> shift); };
    return MacAddress{{0, 0, 0, byte(16), byte(8), byte(0)}};
}

/// One group as strtol() reads it in base 16. A '-' is no sign: it separates groups.
std::optional<std::uint64_t> parse_group(std::string_view text) {
    (void)take_sign(text);
    (void)take_hex_prefix(text);
    return parse_digits(text, 16);
}

/// Cuts off the first `size` bytes.
std::string_view take(std::string_view& text, std::size_t size) {
    const std::string_view front(text.data(), size);
    text.remove_prefix(size);
    return front;
}

ParsedMac parse_groups(std::string_view text) {
    MacAddress address;
    for (std::size_t i = 0; i < address.bytes.size(); ++i) {
        const bool last = i + 1 == address.bytes.size();
        const std::size_t end = text.find_first_of(":-");
        if (last != (end == std::string_view::npos)) {
            return {};
        }
        const bool zero = end == 0 ? text.front() == ':' : text.empty();  // '-': QEMU sees a sign
        const std::string_view word = take(text, last ? text.size() : end);
        const std::optional<std::uint64_t> group = zero ? 0 : parse_group(word);
        if (!group) {
            return {};
        }
        if (*group > 0xff) {
            return {.large_group = word};
        }
        address.bytes[i] = static_cast<std::uint8_t>(*group);
        text.remove_prefix(last ? 0 : 1);
    }
    return {.address = address};
}

}  // namespace

ParsedMac parse_mac(std::string_view text) {
    if (text.empty()) {
        return {.address = MacAddress{}};
    }
    const std::optional<MacAddress> number = parse_number(text);
    return number ? ParsedMac{.address = number} : parse_groups(text);
}

FixedText<17> format_mac(const MacAddress& mac) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    FixedText<17> text;
    for (const std::uint8_t byte : mac.bytes) {
        text.add(text.empty() ? "" : ":");
        const char pair[] = {kDigits[byte >> 4], kDigits[byte & 15]};
        text.add({pair, sizeof(pair)});
    }
    return text;
}

}  // namespace qnetdev
