// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Addresses in numbers. Nothing here resolves a name.
namespace net {

/// An IPv4 address or mask, in the host's byte order.
using Ipv4 = std::uint32_t;

/// An IPv6 address, in the order it is written.
using Ipv6 = std::array<std::uint8_t, 16>;

/// An IPv4 address as inet_aton() reads it, which QEMU does wherever it wants one.
///
/// One to four parts, each decimal, octal behind 0 or hexadecimal behind 0x; the last fills the
/// bytes that are left, so 10.0.521 is 10.0.2.9. Blanks may follow. Other text behind the blanks,
/// which inet_aton() of the C library ignores, is refused.
std::optional<Ipv4> parse_ipv4(std::string_view text);

/// An IPv6 address as inet_pton() reads it: no zone, no blanks.
std::optional<Ipv6> parse_ipv6(std::string_view text);

/// Dotted quad.
std::string ipv4_text(Ipv4 address);

/// Whether the address is one of 224.0.0.0/4.
bool is_multicast(Ipv4 address);

/// Whether the first `bits` bits agree; 0 to 128.
bool same_prefix(const Ipv6& a, const Ipv6& b, int bits);

/// An IPv4 network. The mask need not be a prefix: QEMU takes any.
struct Ipv4Network {
    Ipv4 address = 0;  ///< Bits outside the mask are 0.
    Ipv4 mask = 0;

    bool contains(Ipv4 other) const { return (other & mask) == address; }
    /// The network's address with `host` put into the bits outside the mask.
    Ipv4 at(Ipv4 host) const { return address | (host & ~mask); }
};

/// "10.0.2.0/24", or with a dotted mask if it is no prefix.
std::string network_text(const Ipv4Network& network);

}  // namespace net
