// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "net/event_loop.h"

struct _GMainContext;

namespace qnetdev::test {

/// Which event loop there is to be; what holds for one holds for all.
enum class LoopKind { glib, poll };

/// An event loop turned by hand, GLib's on a context of its own.
class TestLoop {
public:
    explicit TestLoop(LoopKind kind = LoopKind::glib);
    TestLoop(const TestLoop&) = delete;
    TestLoop& operator=(const TestLoop&) = delete;
    ~TestLoop();

    EventLoop& loop() { return *loop_; }
    _GMainContext* context() { return context_; }  ///< Null unless it is GLib's.

    /// One iteration that does not wait; whether it dispatched anything.
    bool run_once();
    /// Iterates until nothing is ready, at most `limit` times; how often something was.
    int run_pending(int limit = 100);
    /// Iterates until the condition holds; false if it does not within `bound`.
    [[nodiscard]] bool run_until(const std::function<bool()>& condition,
                                 std::chrono::milliseconds bound = std::chrono::seconds(5));

private:
    bool iterate(std::chrono::milliseconds timeout);

    _GMainContext* context_ = nullptr;
    std::unique_ptr<EventLoop> loop_;
};

}  // namespace qnetdev::test
