// SPDX-License-Identifier: MIT
#include "net/log.h"

#include <chrono>
#include <climits>
#include <cstddef>
#include <memory>
#include <string>

#include "net/base/stderr_lines.h"

namespace qnetdev {

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

}  // namespace

Log stderr_log(std::string_view program, LogLevel minimum) {
    auto lines = std::make_shared<StderrLines>();  // of all copies of the log
    return Log([name = std::string(program.substr(0, 256)), minimum, lines](
                   LogLevel level, std::string_view message) {
        if (level < minimum) {
            return;
        }
        lines->write(std::chrono::milliseconds(0), [&](unsigned lost) {
            std::string line = name + ": " + std::string(log_level_name(level)) + ": ";
            line.append(shorten(message));
            if (lost != 0) {
                line.append(" (").append(std::to_string(lost)).append(" lines before it are lost)");
            }
            return line.append("\n");
        });
    });
}

}  // namespace qnetdev
