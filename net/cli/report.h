// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "net/result.h"

namespace qnetdev::cli {

inline constexpr std::string_view kProgram = "qnetdev";

/// Prints "qnetdev: OPTION ARGUMENT: message" to standard error, and the hint, if any, on a line of
/// its own, as QEMU lays its reports out. Long arguments are shortened, control characters shown
/// as '?'. `option` may be empty.
void report_error(std::string_view option, std::string_view argument, const Error& error);

/// Prints "qnetdev: message", the argument with the bytes at fault marked, and the hint.
void report_finding(const Error& error, std::string_view argument);

void report_warning(std::string_view option, std::string_view argument, std::string_view message);

/// Prints to standard output; a closed pipe is not an error worth a message.
void print(std::string_view text);

}  // namespace qnetdev::cli
