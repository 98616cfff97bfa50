// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "net/options.h"

namespace qnetdev {

/// "message [param] (hint)" of a parse error, the hint only if there is one.
inline std::string fault(const Error& error) {
    std::string text = error.message() + " [" + error.param() + "]";
    return error.hint().empty() ? text : text + " (" + error.hint() + ")";
}

/// The same for the argument of -netdev, or "accepted".
inline std::string fault(std::string_view text) {
    const auto parsed = parse_netdev(text);
    return parsed ? "accepted" : fault(parsed.error());
}

/// The bytes of the argument that its error points at.
inline std::string_view pointed_at(std::string_view text) {
    const auto parsed = parse_netdev(text);
    if (parsed || !parsed.error().span()) {
        return "nothing";
    }
    return text.substr(parsed.error().span()->offset, parsed.error().span()->length);
}

}  // namespace qnetdev
