// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace qnetdev::helper {

inline constexpr int kStandardOutput = 1;
inline constexpr int kStandardError = 2;

/// Writes all of it, or gives up: there is nobody to tell.
void write_text(int fd, std::string_view text);

}  // namespace qnetdev::helper
