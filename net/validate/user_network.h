// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/result.h"
#include "net/validate/inet.h"

namespace net {

/// Reads the virtual network of the user type: "ADDRESS", "ADDRESS/BITS" or
/// "ADDRESS/MASK". `option` names it in errors.
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

}  // namespace net
