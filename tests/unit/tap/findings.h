// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "net/tap/validate_tap.h"

namespace net::test {

using Findings = std::vector<std::string>;

/// Messages of every rule that the options break, in order.
inline Findings findings(const qapi::NetdevTapOptions& tap,
                         NetdevOrigin origin = NetdevOrigin::command_line) {
    Findings messages;
    for (const Error& error : validate_tap(tap, origin)) {
        messages.push_back(error.message());
    }
    return messages;
}

}  // namespace net::test
