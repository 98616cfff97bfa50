// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "net/api.h"
#include "net/result.h"

namespace qnetdev {

/// What a descriptor is watched for, and what it turned out to be ready for.
enum FdEvents : unsigned {
    fd_none = 0,
    fd_readable = 1,
    fd_writable = 2,
    fd_broken = 4,  ///< Error or hang-up; reported whether asked for or not.
};

/// The seam to whatever drives the process: descriptors and timers, nothing else.
///
/// poll_event_loop() is one that needs nothing else; glib_event_loop() sits on a GMainContext; a
/// program that has a loop of its own can derive from this one.
///
/// Network clients use it only through FdWatch and Timer, so the same client runs on the main loop
/// or on a thread with a loop of its own. Not thread-safe: one loop, one thread.
class QNETDEV_API EventLoop {
public:
    using Token = std::uint64_t;
    using FdCallback = std::function<void(unsigned ready)>;
    using TimerCallback = std::function<void()>;

    EventLoop() = default;
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    virtual ~EventLoop();

    /// Calls `callback` whenever `fd` is ready for one of `events`, level-triggered.
    virtual Result<Token> add_fd(int fd, unsigned events, FdCallback callback) = 0;
    virtual Result<void> modify_fd(Token token, unsigned events) = 0;
    /// After it returns the callback is not called again; legal inside any callback.
    virtual void remove_fd(Token token) noexcept = 0;

    /// Calls `callback` once, not before `delay` has passed.
    virtual Token add_timer(std::chrono::milliseconds delay, TimerCallback callback) = 0;
    virtual void remove_timer(Token token) noexcept = 0;
};

/// An EventLoop of our own, on epoll. The program turns it by calling run_once(), or polls fd() in
/// a loop that it has anyway and calls run_once(0) when that is readable.
class QNETDEV_API PollEventLoop : public EventLoop {
public:
    ~PollEventLoop() override;

    /// Waits until something is ready, at most `timeout` (negative: for ever), and calls what is
    /// due. False if nothing was: the time was over, or a signal was caught. Not for callbacks.
    virtual bool run_once(std::chrono::milliseconds timeout) = 0;
    /// Readable as long as run_once() would not wait. Borrowed.
    virtual int fd() const = 0;
    /// Makes run_once() return, or the next one if it is not running. From any thread, and from
    /// signal handlers.
    virtual void wake() const noexcept = 0;
};

/// Fails if the process is out of descriptors.
QNETDEV_API Result<std::unique_ptr<PollEventLoop>> poll_event_loop();

/// Watches a descriptor for as long as it lives. Declare it after the UniqueFd that it watches.
///
/// A watch may be destroyed or moved inside its own callback.
class QNETDEV_API FdWatch {
public:
    FdWatch() = default;
    static Result<FdWatch> create(EventLoop& loop, int fd, unsigned events,
                                  EventLoop::FdCallback callback);
    FdWatch(FdWatch&& other) noexcept
        : loop_(std::exchange(other.loop_, nullptr)), token_(other.token_) {}
    FdWatch& operator=(FdWatch&& other) noexcept {
        reset();
        loop_ = std::exchange(other.loop_, nullptr);
        token_ = other.token_;
        return *this;
    }
    ~FdWatch() { reset(); }

    /// Changes what is watched for; `fd_none` still reports `fd_broken`.
    Result<void> set_events(unsigned events) { return loop_->modify_fd(token_, events); }
    explicit operator bool() const noexcept { return loop_ != nullptr; }
    /// Stops watching.
    void reset() noexcept {
        if (EventLoop* loop = std::exchange(loop_, nullptr)) {
            loop->remove_fd(token_);
        }
    }

private:
    EventLoop* loop_ = nullptr;
    EventLoop::Token token_ = 0;
};

/// A one-shot timer that is cancelled by destruction.
class QNETDEV_API Timer {
public:
    Timer() = default;
    Timer(EventLoop& loop, std::chrono::milliseconds delay, EventLoop::TimerCallback callback)
        : loop_(&loop), token_(loop.add_timer(delay, std::move(callback))) {}
    Timer(Timer&& other) noexcept
        : loop_(std::exchange(other.loop_, nullptr)), token_(other.token_) {}
    Timer& operator=(Timer&& other) noexcept {
        reset();
        loop_ = std::exchange(other.loop_, nullptr);
        token_ = other.token_;
        return *this;
    }
    ~Timer() { reset(); }

    void reset() noexcept {
        if (EventLoop* loop = std::exchange(loop_, nullptr)) {
            loop->remove_timer(token_);
        }
    }

private:
    EventLoop* loop_ = nullptr;
    EventLoop::Token token_ = 0;
};

}  // namespace qnetdev
