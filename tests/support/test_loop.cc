// SPDX-License-Identifier: MIT
#include "tests/support/test_loop.h"

#include <glib.h>

#include <stdexcept>
#include <utility>

#include "net/glib_event_loop.h"

namespace qnetdev::test {
namespace {

Result<std::unique_ptr<EventLoop>> make_loop(GMainContext* context) {
    if (context != nullptr) {
        return glib_event_loop(context);
    }
    std::unique_ptr<EventLoop> loop = NET_TRY(poll_event_loop());
    return loop;
}

}  // namespace

TestLoop::TestLoop(LoopKind kind)
    : context_(kind == LoopKind::glib ? g_main_context_new() : nullptr) {
    Result<std::unique_ptr<EventLoop>> loop = make_loop(context_);
    if (!loop) {
        g_clear_pointer(&context_, g_main_context_unref);
        throw std::runtime_error(loop.error().message());
    }
    loop_ = *std::move(loop);
}

TestLoop::~TestLoop() {
    loop_.reset();
    g_clear_pointer(&context_, g_main_context_unref);
}

bool TestLoop::iterate(std::chrono::milliseconds timeout) {
    if (context_ != nullptr) {
        return g_main_context_iteration(context_, timeout.count() != 0 ? TRUE : FALSE) != FALSE;
    }
    return static_cast<PollEventLoop&>(*loop_).run_once(timeout);
}

bool TestLoop::run_once() {
    return iterate(std::chrono::milliseconds(0));
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
        (void)iterate(std::chrono::milliseconds(-1));
    }
    return true;
}

}  // namespace qnetdev::test
