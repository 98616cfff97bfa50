// SPDX-License-Identifier: MIT
#include "net/bridge_helper/mac_address.h"

namespace net::helper {
namespace {

constexpr std::size_t kTextBytes = 17;

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::optional<MacAddress> parse_mac(std::string_view text) {
    if (text.size() != kTextBytes) {
        return {};
    }
    MacAddress mac = {};
    for (std::size_t i = 0; i < mac.size(); ++i) {
        const int high = hex_value(text[3 * i]);
        const int low = hex_value(text[3 * i + 1]);
        if (high < 0 || low < 0 || (i + 1 < mac.size() && text[3 * i + 2] != ':')) {
            return {};
        }
        mac[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return mac;
}

bool is_interface_address(const MacAddress& mac) {
    return (mac[0] & 1) == 0 && mac != MacAddress{};
}

FixedText<17> format_mac(const MacAddress& mac) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    FixedText<kTextBytes> text;
    for (const std::uint8_t byte : mac) {
        text.add(text.empty() ? "" : ":");
        const char pair[] = {kDigits[byte >> 4], kDigits[byte & 15]};
        text.add({pair, sizeof(pair)});
    }
    return text;
}

}  // namespace net::helper
