// SPDX-License-Identifier: MIT
#include "net/log.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
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

/// A pipe that nobody empties would hold up whoever logs. What poll() says is writable takes
/// PIPE_BUF bytes at once: pipe(7).
bool takes_a_line() {
    pollfd output = {STDERR_FILENO, POLLOUT, 0};
    return poll(&output, 1, 0) != 0;
}

}  // namespace

Log stderr_log(std::string_view program, LogLevel minimum) {
    auto lost = std::make_shared<std::atomic<unsigned>>(0U);
    return Log([name = std::string(program), minimum, lost](LogLevel level,
                                                            std::string_view message) {
        if (level < minimum) {
            return;
        }
        if (!takes_a_line()) {
            ++*lost;
            return;
        }
        // One fwrite() a line: stdio locks the stream, so lines of two threads do not mix.
        std::string line = name;
        line.append(": ").append(log_level_name(level)).append(": ").append(message);
        if (const unsigned count = lost->exchange(0); count != 0) {
            line.append(" (").append(std::to_string(count)).append(" lines before it are lost)");
        }
        line.append("\n");
        (void)fwrite(line.data(), 1, line.size(), stderr);
    });
}

}  // namespace net
