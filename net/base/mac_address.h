// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/base/fixed_text.h"

/// Without allocation and exceptions: the set-uid helper has these too.
namespace qnetdev {

/// An Ethernet address, first byte on the wire first.
struct MacAddress {
    std::array<std::uint8_t, 6> bytes = {};

    /// Whether it is a group's, so not one that an interface or a card can have.
    bool is_multicast() const { return (bytes[0] & 1U) != 0; }

    bool operator==(const MacAddress&) const = default;
};

/// What parse_mac() has found.
struct ParsedMac {
    std::optional<MacAddress> address = {};
    std::string_view large_group = {};  ///< Of a text that is none: what is to blame, if above ff.
};

/// Reads an Ethernet address in each form that QEMU takes: six hexadecimal groups joined by ':' or
/// '-', or one number up to 0xFFFFFF, by C's rules, that fills the low three bytes.
///
/// As in QEMU an empty text is 0, and so is an empty group unless '-' ends it. Groups above ff,
/// which QEMU cuts, are refused.
ParsedMac parse_mac(std::string_view text);

/// "52:54:00:ab:cd:ef".
FixedText<17> format_mac(const MacAddress& mac);

}  // namespace qnetdev
