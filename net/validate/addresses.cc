// SPDX-License-Identifier: MIT
#include "net/validate/addresses.h"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>
#include <charconv>

#include "net/validate/rules.h"

namespace qnetdev {
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

constexpr std::int64_t kFewestBits = 4;
constexpr std::int64_t kMostBits = 32;

/// The mask that an address without one stands for: the first entry whose bits match.
Ipv4 implied_mask(Ipv4 address) {
    struct Range {
        Ipv4 mask;
        Ipv4 bits;
        Ipv4 implied;
    };
    constexpr Range kRanges[] = {
        {0x80000000, 0x00000000, 0xff000000},  // below 128: /8
        {0xfff00000, 0xac100000, 0xfff00000},  // 172.16/12
        {0xc0000000, 0x80000000, 0xffff0000},  // 128 to 191: /16
        {0xffff0000, 0xc0a80000, 0xffff0000},  // 192.168: /16
        {0xfffe0000, 0xc6120000, 0xfffe0000},  // 198.18/15
        {0xe0000000, 0xe0000000, 0xffffff00},  // 224 and above: /24
    };
    for (const Range& range : kRanges) {
        if ((address & range.mask) == range.bits) {
            return range.implied;
        }
    }
    return 0xfffffff0;
}

Result<Ipv4> parse_mask(std::string_view option, std::string_view text) {
    const std::optional<std::int64_t> bits = text.empty() ? 0 : parse_decimal(text);
    if (bits) {
        if (*bits < kFewestBits || *bits > kMostBits) {
            return broken_rule("the mask of " + in_quotes(option) +
                                   " must be 4 to 32 bits, but is " + std::to_string(*bits),
                               option);
        }
        return ~Ipv4{0} << (kMostBits - *bits);
    }
    if (const std::optional<Ipv4> mask = parse_ipv4(text)) {
        return *mask;
    }
    return broken_rule("the mask of " + in_quotes(option) + " must be 4 to 32 or an address, not " +
                           in_quotes(text),
                       option);
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

std::optional<Ipv4> known_address(std::string_view host) {
    if (host.empty()) {
        return 0;
    }
    if (host == "localhost") {
        return 0x7f000001;
    }
    return host.front() >= '0' && host.front() <= '9' ? parse_ipv4(host) : std::nullopt;
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

Result<Ipv4Network> parse_user_network(std::string_view option, std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::optional<Ipv4> address = parse_ipv4(text.substr(0, slash));
    if (!address) {
        return broken_rule(in_quotes(option) + " must be an IPv4 network, not " + in_quotes(text),
                           option)
            .with_hint("write ADDRESS/BITS, such as 10.0.2.0/24");
    }
    Ipv4 mask = implied_mask(*address);
    if (slash != std::string_view::npos) {
        mask = NET_TRY(parse_mask(option, text.substr(slash + 1)));
    }
    return Ipv4Network{*address & mask, mask};
}

Result<MacAddress> parse_card_mac(std::string_view option, std::string_view text) {
    const ParsedMac mac = parse_mac(text);
    if (!mac.large_group.empty()) {
        return broken_rule(in_quotes(option) + " has the group " + in_quotes(mac.large_group) +
                               ", which is above ff",
                           option);
    }
    if (!mac.address) {
        return broken_rule(
                   in_quotes(option) + " must be an Ethernet address, not " + in_quotes(text),
                   option)
            .with_hint("write six groups of hexadecimal digits, such as 52:54:00:12:34:56");
    }
    if (mac.address->is_multicast()) {
        return broken_rule(in_quotes(option) + " must not be a multicast address, as " +
                               in_quotes(text) + " is",
                           option)
            .with_hint("the first byte of a card's address is even");
    }
    return *mac.address;
}

}  // namespace qnetdev
