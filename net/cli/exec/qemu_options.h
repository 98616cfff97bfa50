// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "net/cli/command.h"

namespace qnetdev::cli {

/// The name behind one or two dashes if the word is an option as QEMU reads it; else empty.
std::string_view qemu_option_name(std::string_view word);

/// Whether that option of QEMU takes the next word, whatever it looks like, as its value.
/// QEMU 4.0 to 10.2, all targets.
bool qemu_option_takes_value(std::string_view name);

/// Where a command, whose first word is the program, has the values of the option.
std::vector<std::size_t> find_qemu_values(Words command, std::string_view name);

/// Whether such a command has the option.
bool has_qemu_option(Words command, std::string_view name);

}  // namespace qnetdev::cli
