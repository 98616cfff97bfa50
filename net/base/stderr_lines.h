// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <mutex>
#include <string>
#include <utility>

namespace qnetdev {

/// Lines on standard error that hold up nobody who writes them: one that a pipe nobody empties does
/// not take is lost, and the next that gets through can tell how many were. Thread-safe.
class StderrLines {
public:
    /// `make` returns the line, with its newline, for a number of lost ones. It is waited for room
    /// for so long at most, and not again until there is some.
    template <class Make>
    void write(std::chrono::milliseconds patience, Make make) {
        const std::lock_guard lock(mutex_);
        pollfd output = {STDERR_FILENO, POLLOUT, 0};
        if (poll(&output, 1, lost_ == 0 ? static_cast<int>(patience.count()) : 0) == 0) {
            ++lost_;
            return;
        }
        const std::string line = make(std::exchange(lost_, 0U));
        // What poll() says is writable takes PIPE_BUF bytes at once, unmixed: pipe(7).
        (void)!::write(STDERR_FILENO, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
    }

private:
    std::mutex mutex_ = {};
    unsigned lost_ = 0;
};

}  // namespace qnetdev
