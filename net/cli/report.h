// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "net/result.h"

namespace qnetdev::cli {

inline constexpr std::string_view kProgram = "qnetdev";

/// Prints "qnetdev: OPTION ARGUMENT: message" to standard error, and the hint, if any, on a line of
/// its own, as QEMU lays its reports out. Long arguments are shortened, control characters and what
/// is no UTF-8 shown as '?'. `option` may be empty. On a terminal in colour, unless NO_COLOR says
/// otherwise; so with all below.
void report_error(std::string_view option, std::string_view argument, const Error& error);

/// The same of an argument of -netdev, -nic or -net: "qnetdev: message", the argument with the
/// bytes at fault marked, and the hint.
void report_finding(const Error& error, std::string_view argument);

void report_warning(std::string_view option, std::string_view argument, std::string_view message);

/// The same laid out as a finding.
void report_warning(const Error& warning, std::string_view argument);

/// Columns of the terminal that is standard output; nothing if it is none.
std::optional<std::size_t> terminal_width();

/// Prints to standard output; a closed pipe is not an error worth a message. A terminal gets '?'
/// for control characters, other than tab and newline, and for what is no UTF-8.
void print(std::string_view text);

}  // namespace qnetdev::cli
