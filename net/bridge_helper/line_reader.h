// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include "net/base/limits.h"

namespace qnetdev::helper {

/// Reads a file line by line through a fixed buffer.
class LineReader {
public:
    enum class Event { line, end, too_long, too_large, failed };

    /// Reads at most `max_bytes`; the descriptor stays the caller's.
    LineReader(int fd, std::size_t max_bytes) : fd_(fd), left_(max_bytes) {}

    /// The next line, without its newline; valid until the next call. After `too_long` the whole of
    /// that line is passed over; after `end`, `too_large` and `failed`, which leaves errno, there
    /// is nothing more to read.
    Event next(std::string_view& line);

private:
    Event fill();
    Event pass_long_line();

    int fd_;
    std::size_t left_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool at_end_ = false;
    bool in_long_line_ = false;  ///< What is in the buffer belongs to a line that was too long.
    char buffer_[limits::bridge_helper::kAclLine + 1] = {};  // a line and its newline
};

}  // namespace qnetdev::helper
