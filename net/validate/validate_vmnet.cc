// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include "net/validate/rules.h"

namespace qnetdev {
namespace {

bool is_hexadecimal(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Eight, four, four, four and twelve hexadecimal digits joined by '-'.
bool is_uuid(std::string_view text) {
    constexpr std::string_view kPattern = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.size() != kPattern.size()) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (kPattern[i] == '-' ? text[i] != '-' : !is_hexadecimal(text[i])) {
            return false;
        }
    }
    return true;
}

/// start-address, end-address and subnet-mask: all three or none.
template <class Vmnet>
void check_range(const Vmnet& vmnet, std::vector<Error>& broken) {
    if (!vmnet.start_address && !vmnet.end_address && !vmnet.subnet_mask) {
        return;
    }
    const auto check = [&](const char* option, bool given) {
        if (!given) {
            broken.push_back(
                broken_rule(in_quotes(option) + " must be given too", option)
                    .with_hint("give 'start-address', 'end-address' and 'subnet-mask' together or "
                               "not at all"));
        }
    };
    check("start-address", vmnet.start_address.has_value());
    check("end-address", vmnet.end_address.has_value());
    check("subnet-mask", vmnet.subnet_mask.has_value());
}

}  // namespace

std::vector<Error> validate_vmnet(const qapi::NetdevVmnetHostOptions& vmnet) {
    std::vector<Error> broken;
    if (vmnet.net_uuid && !is_uuid(*vmnet.net_uuid)) {
        broken.push_back(
            broken_rule("'net-uuid' must be a UUID, not " + in_quotes(*vmnet.net_uuid), "net-uuid")
                .with_hint("the program uuidgen makes one"));
    }
    check_range(vmnet, broken);
    return broken;
}

std::vector<Error> validate_vmnet(const qapi::NetdevVmnetSharedOptions& vmnet) {
    std::vector<Error> broken;
    check_range(vmnet, broken);
    return broken;
}

}  // namespace qnetdev
