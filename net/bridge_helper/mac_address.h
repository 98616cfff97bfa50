// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/base/fixed_text.h"

namespace net::helper {

using MacAddress = std::array<std::uint8_t, 6>;

/// "xx:xx:xx:xx:xx:xx", two hexadecimal digits each.
std::optional<MacAddress> parse_mac(std::string_view text);

/// Whether an interface can have it: neither a group address nor all zeros.
bool is_interface_address(const MacAddress& mac);

/// In the notation that parse_mac() reads, in lower case.
FixedText<17> format_mac(const MacAddress& mac);

}  // namespace net::helper
