// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace net::cli {

/// The name behind one or two dashes if the word is an option as QEMU reads it; else empty.
std::string_view qemu_option_name(std::string_view word);

/// Whether that option of QEMU takes the next word, whatever it looks like, as its value.
/// QEMU 4.0 to 10.2, all targets.
bool qemu_option_takes_value(std::string_view name);

}  // namespace net::cli
