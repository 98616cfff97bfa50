// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace qnetdev::cli {

/// Lines of columns, each as wide as its widest cell, two blanks apart; the first row is the head.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace qnetdev::cli
