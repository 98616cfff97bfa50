// SPDX-License-Identifier: MIT
#include "net/log.h"

#include <cstdio>
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

Log stderr_log(std::string_view program, LogLevel minimum) {
    return Log([name = std::string(program), minimum](LogLevel level, std::string_view message) {
        if (level < minimum) {
            return;
        }
        // One fwrite() a line: stdio locks the stream, so lines of two threads do not mix.
        std::string line = name;
        line.append(": ").append(log_level_name(level)).append(": ").append(message).append("\n");
        (void)fwrite(line.data(), 1, line.size(), stderr);
    });
}

}  // namespace net
