// SPDX-License-Identifier: MIT
#include "net/validate/user_network.h"

#include <optional>

#include "net/validate/rule.h"

namespace net {
namespace {

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

}  // namespace net
