// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <mutex>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "net/trace.h"

namespace qnetdev::test {

/// Lines of a trace, from any thread, each with its microseconds as "N".
class TraceLines {
public:
    Trace trace() {
        return Trace([this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            lines_.push_back(
                std::regex_replace(std::string(line), std::regex(R"(\(\d+ us\)$)"), "(N us)"));
        });
    }
    std::vector<std::string> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(lines_, {});
    }

private:
    std::mutex mutex_;
    std::vector<std::string> lines_ = {};
};

}  // namespace qnetdev::test
