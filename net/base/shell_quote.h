// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace qnetdev {

/// The words as one line that a POSIX shell reads back to the same words. Quotes only where it
/// must.
std::string shell_quote(std::span<const std::string> words);

/// One word of such a line that is not its first.
std::string shell_quote(std::string_view word);

}  // namespace qnetdev
