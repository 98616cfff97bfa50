// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "net/result.h"

namespace qnetdev::cli {

/// The argument on one line and, below, a '^' under the first byte of `span` and '~' under the
/// rest; both indented by two blanks, with a newline at the end of each.
///
/// Tabs and control characters are shown as one blank, so that the marks stand right; a character
/// of several bytes counts once. Of a long argument only the surroundings of the span are shown.
std::string draw_caret(std::string_view argument, TextSpan span);

}  // namespace qnetdev::cli
