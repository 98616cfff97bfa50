// SPDX-License-Identifier: MIT
#include "net/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

namespace net {

std::string_view log_level_name(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "error";
}

namespace {

/// Bytes of a message that are shown; with what is put around it, a line has less than PIPE_BUF.
constexpr std::size_t kShownMessage = 3072;
static_assert(kShownMessage + 512 <= PIPE_BUF);

/// A long name in the middle does not hide what happened to it.
std::string shorten(std::string_view message) {
    constexpr std::string_view kMark = " [...] ";
    constexpr std::size_t kHalf = (kShownMessage - kMark.size()) / 2;
    if (message.size() <= kShownMessage) {
        return std::string(message);
    }
    return std::string(message.substr(0, kHalf))
        .append(kMark)
        .append(message.substr(message.size() - kHalf));
}

/// Shared by the copies of one log.
struct StandardError {
    std::mutex mutex = {};
    unsigned lost = 0;

    /// A pipe that nobody empties would hold up whoever logs. What poll() says is writable takes
    /// PIPE_BUF bytes at once, from one writer: pipe(7).
    void write_line(std::string line) {
        const std::lock_guard lock(mutex);
        pollfd output = {STDERR_FILENO, POLLOUT, 0};
        if (poll(&output, 1, 0) == 0) {
            ++lost;
            return;
        }
        if (lost != 0) {
            line.append(" (").append(std::to_string(lost)).append(" lines before it are lost)");
            lost = 0;
        }
        line.append("\n");
        (void)!::write(STDERR_FILENO, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
    }
};

}  // namespace

Log stderr_log(std::string_view program, LogLevel minimum) {
    auto output = std::make_shared<StandardError>();
    return Log([name = std::string(program.substr(0, 256)), minimum, output](
                   LogLevel level, std::string_view message) {
        if (level >= minimum) {
            output->write_line(name + ": " + std::string(log_level_name(level)) + ": " +
                               shorten(message));
        }
    });
}

}  // namespace net
