// SPDX-License-Identifier: MIT
#include "qapi/scalars.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace qnetdev::qapi {
namespace {

__extension__ using Uint128 = unsigned __int128;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// What isspace() takes for a blank in the C locale.
std::string_view skip_blanks(std::string_view text) {
    const std::size_t start = text.find_first_not_of(" \t\n\v\f\r");
    return text.substr(std::min(start, text.size()));
}

/// A sign split from the digits behind it.
struct Signed {
    bool negative = false;
    std::string_view digits = {};
};

Signed split_sign(std::string_view text) {
    text = skip_blanks(text);
    const bool negative = !text.empty() && text.front() == '-';
    const bool sign = negative || (!text.empty() && text.front() == '+');
    return {negative, text.substr(sign ? 1 : 0)};
}

std::optional<std::uint64_t> parse_magnitude(std::string_view digits, int base) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number, base);
    const bool whole = error == std::errc() && end == digits.end();
    return whole ? std::optional(number) : std::nullopt;
}

bool is_hexadecimal(std::string_view digits) {
    return digits.size() > 2 && digits[0] == '0' && (digits[1] | 0x20) == 'x';
}

/// Digits in the base that their prefix tells.
std::optional<std::uint64_t> parse_prefixed(std::string_view digits) {
    if (is_hexadecimal(digits)) {
        return parse_magnitude(digits.substr(2), 16);
    }
    return parse_magnitude(digits, !digits.empty() && digits.front() == '0' ? 8 : 10);
}

/// The power of two that a size suffix stands for, or -1.
int suffix_shift(std::string_view suffix) {
    constexpr std::string_view kSuffixes = "bkmgtpe";
    if (suffix.empty()) {
        return 0;
    }
    const char lower = static_cast<char>(suffix.front() | 0x20);
    const std::size_t power = kSuffixes.find(lower);
    return suffix.size() == 1 && power != kSuffixes.npos ? static_cast<int>(power) * 10 : -1;
}

/// A decimal fraction times 2^shift, rounded; more than 18 digits cannot matter.
std::optional<std::uint64_t> scale_fraction(std::string_view digits, int shift) {
    if (shift == 0) {
        const bool zero = digits.find_first_not_of('0') == digits.npos;
        return zero ? std::optional<std::uint64_t>(0) : std::nullopt;
    }
    Uint128 numerator = 0;
    Uint128 denominator = 1;
    for (const char digit : digits.substr(0, 18)) {
        numerator = numerator * 10 + static_cast<unsigned>(digit - '0');
        denominator *= 10;
    }
    return static_cast<std::uint64_t>(((numerator << shift) + denominator / 2) / denominator);
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
    if (text == "on" || text == "yes" || text == "true" || text == "y") {
        return true;
    }
    if (text == "off" || text == "no" || text == "false" || text == "n") {
        return false;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text, Negative negative) {
    const Signed parts = split_sign(text);
    if (parts.negative && negative == Negative::refused) {
        return std::nullopt;
    }
    const std::optional<std::uint64_t> magnitude = parse_prefixed(parts.digits);
    return magnitude && parts.negative ? std::optional(std::uint64_t{0} - *magnitude) : magnitude;
}

std::optional<std::int64_t> parse_signed(std::string_view text) {
    const Signed parts = split_sign(text);
    const std::optional<std::uint64_t> magnitude = parse_prefixed(parts.digits);
    const auto limit = std::uint64_t{1} << 63U;
    if (!magnitude || *magnitude > limit || (!parts.negative && *magnitude == limit)) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(parts.negative ? std::uint64_t{0} - *magnitude : *magnitude);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const Signed parts = split_sign(text);
    if (parts.negative) {
        return std::nullopt;
    }
    if (is_hexadecimal(parts.digits)) {
        return parse_magnitude(parts.digits.substr(2), 16);
    }
    const auto digits_end = [](std::string_view from) {
        return static_cast<std::size_t>(std::find_if_not(from.begin(), from.end(), is_digit) -
                                        from.begin());
    };
    std::string_view rest = parts.digits;
    const std::string_view whole = rest.substr(0, digits_end(rest));
    rest.remove_prefix(whole.size());
    std::string_view fraction;
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        fraction = rest.substr(0, digits_end(rest));
        rest.remove_prefix(fraction.size());
    }
    const std::optional<std::uint64_t> units = whole.empty() && !fraction.empty()
                                                   ? std::optional<std::uint64_t>(0)
                                                   : parse_magnitude(whole, 10);
    const int shift = suffix_shift(rest);
    if (!units || shift < 0) {
        return std::nullopt;
    }
    const std::optional<std::uint64_t> part = scale_fraction(fraction, shift);
    const Uint128 bytes = (Uint128{*units} << shift) + part.value_or(0);
    const bool fits = part && bytes <= std::numeric_limits<std::uint64_t>::max();
    return fits ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
}

std::optional<double> parse_real(std::string_view text) {
    const Signed parts = split_sign(text);
    double number = 0;
    const auto [end, error] = std::from_chars(parts.digits.begin(), parts.digits.end(), number);
    if (error != std::errc() || end != parts.digits.end() || parts.digits.front() == '-') {
        return std::nullopt;
    }
    return parts.negative ? -number : number;
}

}  // namespace qnetdev::qapi
