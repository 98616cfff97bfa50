// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "net/result.h"

namespace net {

/// An Ethernet address, first byte on the wire first.
using MacAddress = std::array<std::uint8_t, 6>;

/// Reads an Ethernet address of a card. `option` names it in errors.
///
/// Six hexadecimal groups joined by ':' or '-', or one number up to 0xFFFFFF, by C's rules, that
/// fills the low three bytes. As in QEMU an empty text is 0, and so is an empty group unless '-'
/// ends it. Groups above ff, which QEMU cuts, are refused, and so is a multicast address.
Result<MacAddress> parse_mac(std::string_view option, std::string_view text);

}  // namespace net
