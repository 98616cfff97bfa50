// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace net {

/// The tokens of a ':'-separated descriptor list. One ':' at the end adds nothing; the empty text
/// has no tokens. Empty tokens elsewhere are kept, for the caller to refuse.
std::vector<std::string_view> split_fd_list(std::string_view text);

/// A descriptor number as QEMU reads it: decimal, leading blanks and '+' allowed, at most INT_MAX.
std::optional<int> parse_fd_number(std::string_view token);

/// Whether a monitor reads the token as a number: it starts with a digit.
bool is_fd_number(std::string_view token);

}  // namespace net
