// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/netdev_origin.h"
#include "net/options.h"
#include "net/validate/validate.h"

namespace qnetdev {

/// "message [param] (hint)"; the hint only if there is one, and "host: " in front of limits of the
/// system.
inline std::string finding(const Error& error) {
    return std::string(error.stage() == Stage::host ? "host: " : "") + error.message() + " [" +
           error.param() + "]" + (error.hint().empty() ? "" : " (" + error.hint() + ")");
}

/// One line for each finding.
inline std::string findings(const std::vector<Error>& errors) {
    std::string text;
    for (const Error& error : errors) {
        text += (text.empty() ? "" : "\n") + finding(error);
    }
    return text;
}

/// The findings about a -netdev argument, or why it is not one.
inline std::string judge(std::string_view argument,
                         NetdevOrigin origin = NetdevOrigin::command_line) {
    const auto parsed = parse_netdev(argument);
    return parsed ? findings(validate_netdev(parsed->netdev, origin).broken)
                  : "cannot be parsed: " + parsed.error().message();
}

/// The same for the options behind "user,id=n,".
inline std::string judge_user(const std::string& options) {
    return judge("user,id=n," + options);
}

}  // namespace qnetdev
