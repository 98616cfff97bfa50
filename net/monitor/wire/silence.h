// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "net/base/limits.h"

namespace qnetdev {

/// How long a client has been connected without having begun to use its monitor.
class Silence {
public:
    void end() { ended_ = true; }
    /// Whether another client may have its place: it has lasted for limits::kMonitorSilence.
    bool is_too_long() const { return !ended_ && Clock::now() - start_ >= limits::kMonitorSilence; }

private:
    using Clock = std::chrono::steady_clock;

    Clock::time_point start_ = Clock::now();
    bool ended_ = false;
};

}  // namespace qnetdev
