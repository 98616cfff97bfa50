// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/base/mac_address.h"
#include "net/result.h"

/// Addresses in numbers. Nothing here resolves a name.
namespace qnetdev {

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

/// The address of a host where it is known without asking: empty is 0.0.0.0, localhost 127.0.0.1;
/// a name that begins with a digit is an address.
std::optional<Ipv4> known_address(std::string_view host);

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

/// Reads the virtual network of the user type: "ADDRESS", "ADDRESS/BITS" or "ADDRESS/MASK".
/// `option` names it in errors.
///
/// BITS is 4 to 32, empty BITS count as 0. MASK is any address. Without either the address tells
/// the mask.
Result<Ipv4Network> parse_user_network(std::string_view option, std::string_view text);

/// The network that a user netdev has unless told otherwise, 10.0.2.0/24.
inline constexpr Ipv4Network kDefaultUserNetwork{0x0a000200, 0xffffff00};

/// Where things are in the network unless told otherwise: the bits of the address outside the mask.
inline constexpr Ipv4 kUserHost = 0x0202;
inline constexpr Ipv4 kUserDns = 0x0203;
inline constexpr Ipv4 kUserServer = 0x0204;  ///< The SMB server, and guestfwd without an address.
inline constexpr Ipv4 kUserDhcpStart = 0x020f;

/// Reads the address of a card, in any form that parse_mac() knows. `option` names it in errors. A
/// multicast address is refused.
Result<MacAddress> parse_card_mac(std::string_view option, std::string_view text);

}  // namespace qnetdev
