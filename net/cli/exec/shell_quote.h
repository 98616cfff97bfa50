// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

namespace qnetdev::cli {

/// The words as one line that a POSIX shell reads back to the same words. Quotes only where it
/// must.
std::string shell_quote(std::span<const std::string> words);

}  // namespace qnetdev::cli
