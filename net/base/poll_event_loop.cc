// SPDX-License-Identifier: MIT
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/base/epoll_set.h"
#include "net/event_loop.h"

namespace qnetdev {
namespace {

using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC

/// Keeps the sum of now and a delay from overflowing.
constexpr std::chrono::milliseconds kLongestDelay = std::chrono::hours(10 * 365 * 24);

/// The timers' descriptor and the one that wakes are watched like any other: so one descriptor
/// tells of all three.
class EpollEventLoop final : public PollEventLoop {
public:
    EpollEventLoop(EpollSet set, UniqueFd timer, UniqueFd wakeup)
        : set_(std::move(set)), timer_(std::move(timer)), wakeup_(std::move(wakeup)) {}
    EpollEventLoop(const EpollEventLoop&) = delete;
    EpollEventLoop& operator=(const EpollEventLoop&) = delete;
    ~EpollEventLoop() override {
        // What callbacks hold may remove watches and timers when it goes.
        due_times_.clear();
        std::exchange(timers_, {}).clear();
        set_.forget_callbacks();
    }

    Result<void> start() {
        NET_TRY(set_.add(timer_.get(), fd_readable, [this](unsigned) { run_timers(); }));
        NET_TRY(set_.add(wakeup_.get(), fd_readable, [this](unsigned) {
            eventfd_t count = 0;
            (void)eventfd_read(wakeup_.get(), &count);
        }));
        return {};
    }

    bool run_once(std::chrono::milliseconds timeout) override {
        assert(!running_);
        running_ = true;
        const bool something = set_.dispatch(timeout);
        running_ = false;
        return something;
    }
    int fd() const override { return set_.fd(); }
    void wake() const noexcept override {
        const int saved = errno;
        (void)eventfd_write(wakeup_.get(), 1);
        errno = saved;
    }

    Result<Token> add_fd(int fd, unsigned events, FdCallback callback) override {
        return set_.add(fd, events, std::move(callback));
    }
    Result<void> modify_fd(Token token, unsigned events) override {
        return set_.modify(token, events);
    }
    void remove_fd(Token token) noexcept override { set_.remove(token); }

    Token add_timer(std::chrono::milliseconds delay, TimerCallback callback) override;
    void remove_timer(Token token) noexcept override;

private:
    using Due = std::pair<Clock::time_point, Token>;

    void run_timers();
    void arm() noexcept;

    EpollSet set_;
    UniqueFd timer_;
    UniqueFd wakeup_;
    std::map<Due, TimerCallback> timers_ = {};
    std::unordered_map<Token, Clock::time_point> due_times_ = {};
    Token next_timer_ = 0;
    bool running_ = false;
};

EventLoop::Token EpollEventLoop::add_timer(std::chrono::milliseconds delay,
                                           TimerCallback callback) {
    const Token token = ++next_timer_;
    const Clock::time_point due = Clock::now() + std::clamp(delay, {}, kLongestDelay);
    due_times_.emplace(token, due);
    const auto added = timers_.emplace(Due{due, token}, std::move(callback)).first;
    if (added == timers_.begin()) {
        arm();
    }
    return token;
}

void EpollEventLoop::remove_timer(Token token) noexcept {
    const auto found = due_times_.find(token);
    if (found == due_times_.end()) {
        return;  // has fired
    }
    const auto timer = timers_.find(Due{found->second, token});
    const bool was_next = timer == timers_.begin();
    due_times_.erase(found);
    // What the callback holds may remove further timers when it goes.
    const auto taken = timers_.extract(timer);
    if (was_next) {
        arm();
    }
}

/// Those that are due now, and none that they start.
void EpollEventLoop::run_timers() {
    std::uint64_t expirations = 0;
    (void)!read(timer_.get(), &expirations, sizeof(expirations));
    std::vector<Due> due;
    const auto end = timers_.upper_bound(Due{Clock::now(), next_timer_});
    for (auto timer = timers_.begin(); timer != end; ++timer) {
        due.push_back(timer->first);
    }
    for (const Due& key : due) {
        const auto timer = timers_.extract(key);
        if (!timer.empty()) {  // not removed by an earlier one
            due_times_.erase(key.second);
            timer.mapped()();
        }
    }
    arm();
}

/// Sets the descriptor to the timer that is next, or to none.
void EpollEventLoop::arm() noexcept {
    itimerspec when = {};
    if (!timers_.empty()) {
        const auto since_boot = timers_.begin()->first.first.time_since_epoch();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
        when.it_value.tv_sec = seconds.count();
        when.it_value.tv_nsec = std::chrono::nanoseconds(since_boot - seconds).count();
    }
    (void)timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace

PollEventLoop::~PollEventLoop() = default;

Result<std::unique_ptr<PollEventLoop>> poll_event_loop() {
    EpollSet set = NET_TRY(EpollSet::create());
    UniqueFd timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer) {
        return Error::from_errno(errno, "cannot create a timer");
    }
    UniqueFd wakeup(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wakeup) {
        return Error::from_errno(errno, "cannot create an eventfd");
    }
    auto loop =
        std::make_unique<EpollEventLoop>(std::move(set), std::move(timer), std::move(wakeup));
    NET_TRY(loop->start());
    std::unique_ptr<PollEventLoop> result = std::move(loop);
    return result;
}

}  // namespace qnetdev
