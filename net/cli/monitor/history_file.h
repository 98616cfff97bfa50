// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev::cli {

/// The lines that were typed, for the next time: a file of the user's own, a line each. It is a
/// convenience: what cannot be read or written is left out without a word.
class HistoryFile {
public:
    /// `monitor_history` in qnetdev's folder below $XDG_STATE_HOME, or else ~/.local/state, which
    /// is made where it is missing. None if the folder that all of it is in belongs to somebody
    /// else, as when the environment of another user came along.
    static HistoryFile of_user();

    /// The newest lines; the file keeps only so many.
    std::vector<std::string> read();
    /// Adds a line, unless it begins with a blank.
    void append(std::string_view line);

    static constexpr std::size_t kLines = 1000;
    static constexpr std::size_t kBytes = std::size_t{1} << 20;

private:
    UniqueFd file_ = {};
};

}  // namespace qnetdev::cli
