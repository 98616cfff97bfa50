// SPDX-License-Identifier: MIT
#include <cstdint>
#include <optional>
#include <string>

#include "net/validate/addresses.h"
#include "net/validate/rules.h"

namespace qnetdev {
namespace {

constexpr std::uint32_t kMostVectors = 0x7ffffff;

void check_mac(const char* option, const std::optional<std::string>& text,
               std::vector<Error>& broken) {
    if (!text) {
        return;
    }
    if (Result<MacAddress> address = parse_card_mac(option, *text); !address) {
        broken.push_back(std::move(address).error());
    }
}

}  // namespace

std::vector<Error> validate_nic(const qapi::NetLegacyNicOptions& nic) {
    std::vector<Error> broken;
    check_mac("macaddr", nic.macaddr, broken);
    if (nic.vectors.value_or(0) > kMostVectors) {
        broken.push_back(broken_rule("'vectors' must be at most " + std::to_string(kMostVectors) +
                                         ", but is " + std::to_string(*nic.vectors),
                                     "vectors"));
    }
    return broken;
}

std::vector<Error> validate_nic_card(const ParsedNic& nic) {
    std::vector<Error> broken;
    if (nic.netdev) {
        check_mac("mac", nic.mac, broken);
    }
    return broken;
}

}  // namespace qnetdev
