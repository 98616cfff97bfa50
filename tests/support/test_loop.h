// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "net/event_loop.h"

namespace qnetdev::test {

/// A GLib event loop on a context of its own, turned by hand.
class TestLoop {
public:
    TestLoop();
    TestLoop(const TestLoop&) = delete;
    TestLoop& operator=(const TestLoop&) = delete;
    ~TestLoop();

    EventLoop& loop() { return *loop_; }
    _GMainContext* context() { return context_; }

    /// One iteration that does not wait; whether it dispatched anything.
    bool run_once();
    /// Iterates until nothing is ready, at most `limit` times; how often something was.
    int run_pending(int limit = 100);
    /// Iterates until the condition holds; false if it does not within `bound`.
    [[nodiscard]] bool run_until(const std::function<bool()>& condition,
                                 std::chrono::milliseconds bound = std::chrono::seconds(5));

private:
    _GMainContext* context_;
    std::unique_ptr<EventLoop> loop_;
};

}  // namespace qnetdev::test
