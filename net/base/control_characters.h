// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace qnetdev {

/// The text with every control character replaced, except those in `kept`: what others wrote must
/// not steer the terminal it is shown on. Control characters are those of ASCII and, in UTF-8,
/// U+0080 to U+009F, of which U+009B starts a terminal's commands.
std::string replace_controls(std::string_view text, char replacement, std::string_view kept = {});

}  // namespace qnetdev
