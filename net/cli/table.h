// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace qnetdev::cli {

/// The cells of a line.
using Cells = std::vector<std::string>;

/// Lines of columns, each as wide as its widest cell, two blanks apart; the first row is the head.
/// All rows have as many cells as that.
std::string format_table(const std::vector<Cells>& rows);

/// The same for lines of `width` columns. Behind the first `kept` columns, those with the same cell
/// in each row are folded into "each: name=cell" below the table; what then is too much for a line
/// becomes a further table, which repeats the columns in `key`. A cell that is too wide by itself
/// stays so.
struct FoldedTable {
    std::size_t kept;
    std::vector<std::size_t> key;
    std::size_t width;
};
std::string format_table(const std::vector<Cells>& rows, const FoldedTable& layout);

}  // namespace qnetdev::cli
