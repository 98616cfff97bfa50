// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string_view>

#include "net/api.h"

namespace qnetdev {

enum class LogLevel { debug, info, warning, error };

/// "debug", "info", "warning" or "error".
QNETDEV_API std::string_view log_level_name(LogLevel level);

/// Where the library tells what it cannot return: a warning, or a failure after the fact.
///
/// Libraries return errors and log only what has no caller left to go to. The sink may be called
/// from any thread, also from two at once, and must not call back into the library.
class QNETDEV_API Log {
public:
    using Sink = std::function<void(LogLevel, std::string_view message)>;

    /// Discards everything.
    Log() = default;
    explicit Log(Sink sink) : sink_(std::move(sink)) {}

    void write(LogLevel level, std::string_view message) const {
        if (sink_) {
            sink_(level, message);
        }
    }
    void warning(std::string_view message) const { write(LogLevel::warning, message); }
    void info(std::string_view message) const { write(LogLevel::info, message); }

private:
    Sink sink_ = {};
};

/// Lines "<program>: <level>: <message>" on standard error; one that would block is lost, counted.
/// Of a long message the middle is left out: a line is written at once.
QNETDEV_API Log stderr_log(std::string_view program, LogLevel minimum = LogLevel::warning);

}  // namespace qnetdev
