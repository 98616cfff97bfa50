// SPDX-License-Identifier: MIT
#include "net/validate/descriptor.h"

#include <cstdint>
#include <limits>
#include <optional>

#include "net/validate/rule.h"

namespace net {
namespace {

bool is_name(std::string_view text) {
    return !text.empty() && (text.front() < '0' || text.front() > '9');
}

}  // namespace

void check_descriptor(std::string_view option, std::string_view text, NetdevOrigin origin,
                      std::vector<Error>& broken) {
    const bool monitor = origin == NetdevOrigin::monitor;
    if (monitor && is_name(text)) {
        return;
    }
    const std::optional<std::int64_t> number = parse_decimal(text);
    if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) {
        broken.push_back(
            broken_rule(in_quotes(option) + " must be a descriptor number, not " + in_quotes(text),
                        option)
                .with_hint(monitor ? "names passed with getfd do not start with a digit"
                                   : "names work only in monitor commands"));
    }
}

}  // namespace net
