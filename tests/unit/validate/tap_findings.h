// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "net/validate/validate.h"

namespace qnetdev::test {

using Findings = std::vector<std::string>;

/// Every rule that the options break, in order.
inline std::vector<Error> broken_rules(const qapi::NetdevTapOptions& tap, NetdevOrigin origin) {
    return validate_netdev({.id = "n0", .branch = tap}, origin).broken;
}

/// Messages of every rule that the options break, in order.
inline Findings findings(const qapi::NetdevTapOptions& tap,
                         NetdevOrigin origin = NetdevOrigin::command_line) {
    Findings messages;
    for (const Error& error : broken_rules(tap, origin)) {
        messages.push_back(error.message());
    }
    return messages;
}

}  // namespace qnetdev::test
