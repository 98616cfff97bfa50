// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/result.h"

namespace qnetdev {

/// The option of the argument that an error is about, as far as it can be told: the one that it
/// names, or, for errors of the host, that has the value that they quote.
std::optional<TextSpan> find_place(const Error& error, std::string_view argument);

/// Where an error stands in the argument that it is about. What is missing goes to the end, and
/// what no single option is to blame for is everything.
TextSpan place_of(const Error& error, std::string_view argument);

/// An argument, and what stands below it to mark a part.
struct Caret {
    std::string argument;
    std::string marks;
};

/// The argument on one line and, for the line below, a '^' under the first byte of `span` and '~'
/// under the rest; both indented by two blanks, without an end.
///
/// Tabs and control characters are shown as one blank, so that the marks stand right, and each byte
/// that is no UTF-8 as '?'; a character of several bytes counts once. Of a long argument only the
/// surroundings of the span are shown.
Caret draw_caret(std::string_view argument, TextSpan span);

}  // namespace qnetdev
