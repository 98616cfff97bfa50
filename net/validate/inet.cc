// SPDX-License-Identifier: MIT
#include "net/validate/inet.h"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>
#include <charconv>

namespace net {
namespace {

/// Takes one number off the front of `text`: decimal, 0 octal or 0x hexadecimal.
std::optional<std::uint32_t> take_part(std::string_view& text) {
    int base = 10;
    if (text.size() > 1 && text[0] == '0' && (text[1] | 0x20) == 'x') {
        base = 16;
        text.remove_prefix(2);
    } else if (text.starts_with('0')) {
        base = 8;
    }
    std::uint32_t part = 0;
    const auto [stop, problem] =
        std::from_chars(text.data(), text.data() + text.size(), part, base);
    if (problem != std::errc()) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return part;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos;
}

}  // namespace

std::optional<Ipv4> parse_ipv4(std::string_view text) {
    Ipv4 address = 0;
    for (unsigned bits = 32;; bits -= 8) {
        const std::optional<std::uint32_t> part = take_part(text);
        if (!part) {
            return std::nullopt;
        }
        if (!text.starts_with('.')) {
            const bool fits = bits == 32 || *part < (std::uint32_t{1} << bits);
            return fits && is_blank(text) ? std::optional(address | *part) : std::nullopt;
        }
        if (bits == 8 || *part > 0xff) {
            return std::nullopt;
        }
        address |= *part << (bits - 8);
        text.remove_prefix(1);
    }
}

std::optional<Ipv6> parse_ipv6(std::string_view text) {
    Ipv6 address = {};
    const std::string terminated(text);
    const bool whole = terminated.find('\0') == std::string::npos &&
                       inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1;
    return whole ? std::optional(address) : std::nullopt;
}

std::string ipv4_text(Ipv4 address) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) {
        text += std::to_string(address >> shift & 0xff) + (shift > 0 ? "." : "");
    }
    return text;
}

bool is_multicast(Ipv4 address) {
    return address >> 28 == 0xe;
}

bool same_prefix(const Ipv6& a, const Ipv6& b, int bits) {
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
        return false;
    }
    const int rest = bits % 8;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

std::string network_text(const Ipv4Network& network) {
    const int bits = std::popcount(network.mask);
    const bool prefix = std::countl_one(network.mask) == bits;
    return ipv4_text(network.address) + "/" +
           (prefix ? std::to_string(bits) : ipv4_text(network.mask));
}

}  // namespace net
