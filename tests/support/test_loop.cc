// SPDX-License-Identifier: MIT
#include "tests/support/test_loop.h"

#include <glib.h>

#include <stdexcept>

namespace qnetdev::test {

TestLoop::TestLoop() : context_(g_main_context_new()) {
    Result<std::unique_ptr<EventLoop>> loop = glib_event_loop(context_);
    if (!loop) {
        g_main_context_unref(context_);
        throw std::runtime_error(loop.error().message());
    }
    loop_ = *std::move(loop);
}

TestLoop::~TestLoop() {
    loop_.reset();
    g_main_context_unref(context_);
}

bool TestLoop::run_once() {
    return g_main_context_iteration(context_, FALSE) != FALSE;
}

int TestLoop::run_pending(int limit) {
    int rounds = 0;
    while (rounds < limit && run_once()) {
        ++rounds;
    }
    return rounds;
}

bool TestLoop::run_until(const std::function<bool()>& condition, std::chrono::milliseconds bound) {
    const auto deadline = std::chrono::steady_clock::now() + bound;
    bool late = false;
    // The timer only wakes the iteration up that would wait for ever otherwise.
    const Timer timer(*loop_, bound, [&late] { late = true; });
    while (!condition()) {
        if (late || std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        (void)g_main_context_iteration(context_, TRUE);
    }
    return true;
}

}  // namespace qnetdev::test
