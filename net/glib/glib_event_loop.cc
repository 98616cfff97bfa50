// SPDX-License-Identifier: MIT
#include <glib.h>
#include <sys/epoll.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/event_loop.h"
#include "net/unique_fd.h"

namespace qnetdev {
namespace {

constexpr unsigned kEventsPerIteration = 64;

std::uint32_t to_epoll(unsigned events) {
    return ((events & fd_readable) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
           ((events & fd_writable) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

unsigned from_epoll(std::uint32_t events) {
    return ((events & EPOLLIN) != 0 ? unsigned{fd_readable} : 0U) |
           ((events & EPOLLOUT) != 0 ? unsigned{fd_writable} : 0U) |
           ((events & (EPOLLERR | EPOLLHUP)) != 0 ? unsigned{fd_broken} : 0U);
}

class GlibEventLoop;

/// GLib copies this struct's memory around as part of its GSource: plain data only.
struct EpollSource {
    GSource base;
    GlibEventLoop* loop;
};

/// A watched descriptor. Tokens are slot number and generation, so that an event already fetched
/// for a removed watch is recognised and dropped, also when the slot was taken again.
struct Slot {
    int fd = -1;
    unsigned events = fd_none;
    std::uint32_t generation = 0;
    std::shared_ptr<EventLoop::FdCallback> callback = {};
};

class GlibEventLoop : public EventLoop {
public:
    GlibEventLoop(GMainContext* context, UniqueFd epoll_fd)
        : context_(g_main_context_ref(context)), epoll_fd_(std::move(epoll_fd)) {
        static GSourceFuncs funcs = {nullptr, nullptr, &GlibEventLoop::on_dispatch,
                                     nullptr, nullptr, nullptr};
        source_ = g_source_new(&funcs, sizeof(EpollSource));
        g_source_set_static_name(source_, "qnetdev");
        reinterpret_cast<EpollSource*>(source_)->loop = this;
        epoll_tag_ = g_source_add_unix_fd(source_, epoll_fd_.get(), G_IO_IN);
        // Otherwise GLib takes the descriptor out of its set and puts it back around each dispatch,
        // which costs four system calls. dispatch() itself sees to it that it is not entered twice.
        g_source_set_can_recurse(source_, TRUE);
        g_source_attach(source_, context_);
    }

    ~GlibEventLoop() override {
        for (auto& [token, timer] : timers_) {
            g_source_destroy(timer);
            g_source_unref(timer);
        }
        g_source_destroy(source_);
        g_source_unref(source_);
        g_main_context_unref(context_);
    }

    Result<Token> add_fd(int fd, unsigned events, FdCallback callback) override {
        assert(is_on_its_thread());
        if (free_.empty()) {
            slots_.emplace_back();
            free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
        }
        const std::uint32_t index = free_.back();
        const Token token = make_token(index);
        epoll_event event = {};
        event.events = to_epoll(events);
        event.data.u64 = token;
        if (epoll_ctl(epoll_fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
            return Error::from_errno(errno, "cannot watch descriptor " + std::to_string(fd));
        }
        free_.pop_back();
        slots_[index].fd = fd;
        slots_[index].events = events;
        slots_[index].callback = std::make_shared<FdCallback>(std::move(callback));
        return token;
    }

    Result<void> modify_fd(Token token, unsigned events) override {
        assert(is_on_its_thread());
        epoll_event event = {};
        event.events = to_epoll(events);
        event.data.u64 = token;
        if (epoll_ctl(epoll_fd_.get(), EPOLL_CTL_MOD, slot(token).fd, &event) != 0) {
            return Error::from_errno(errno, "cannot watch a descriptor");
        }
        slot(token).events = events;
        return {};
    }

    void remove_fd(Token token) noexcept override {
        assert(is_on_its_thread());
        Slot& removed = slot(token);
        (void)epoll_ctl(epoll_fd_.get(), EPOLL_CTL_DEL, removed.fd, nullptr);
        removed.fd = -1;
        removed.callback.reset();
        ++removed.generation;
        free_.push_back(static_cast<std::uint32_t>(token));
    }

    Token add_timer(std::chrono::milliseconds delay, TimerCallback callback) override;
    void remove_timer(Token token) noexcept override;

private:
    struct TimerBox {
        GlibEventLoop* loop;
        Token token;
        TimerCallback callback;
    };

    Token make_token(std::uint32_t index) const {
        return (Token{slots_[index].generation} << 32) | index;
    }
    Slot& slot(Token token) {
        const auto index = static_cast<std::uint32_t>(token);
        assert(index < slots_.size() && make_token(index) == token && slots_[index].fd >= 0);
        return slots_[index];
    }
    /// Nobody runs the context on another thread now.
    [[maybe_unused]] bool is_on_its_thread() const {
        if (g_main_context_acquire(context_) == FALSE) {
            return false;
        }
        g_main_context_release(context_);
        return true;
    }

    static gboolean on_dispatch(GSource* source, GSourceFunc, gpointer) noexcept {
        reinterpret_cast<EpollSource*>(source)->loop->dispatch();
        return G_SOURCE_CONTINUE;
    }
    void dispatch();
    void dispatch_ready();

    GMainContext* context_;
    UniqueFd epoll_fd_;
    GSource* source_ = nullptr;
    gpointer epoll_tag_ = nullptr;
    bool dispatching_ = false;
    bool muted_ = false;
    std::vector<Slot> slots_ = {};
    std::vector<std::uint32_t> free_ = {};
    std::unordered_map<Token, GSource*> timers_ = {};
    Token next_timer_ = 0;
};

/// A callback that runs the loop itself is not called again by that, and neither are the others:
/// they share buffers. The descriptor is not even watched then, or the inner loop would spin.
void GlibEventLoop::dispatch() {
    if (dispatching_) {
        muted_ = true;
        g_source_modify_unix_fd(source_, epoll_tag_, static_cast<GIOCondition>(0));
        return;
    }
    dispatching_ = true;
    dispatch_ready();
    dispatching_ = false;
    if (std::exchange(muted_, false)) {
        g_source_modify_unix_fd(source_, epoll_tag_, G_IO_IN);
    }
}

void GlibEventLoop::dispatch_ready() {
    std::array<epoll_event, kEventsPerIteration> events;
    const int count = epoll_wait(epoll_fd_.get(), events.data(), int{events.size()}, 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const auto index = static_cast<std::uint32_t>(event.data.u64);
        if (make_token(index) != event.data.u64) {
            continue;  // removed by an earlier callback of this round
        }
        // An earlier callback of this round may also have changed what this one waits for.
        const unsigned ready = from_epoll(event.events) & (slots_[index].events | fd_broken);
        if (ready != fd_none) {
            // A copy of the owner: the callback may remove its own watch.
            const std::shared_ptr<FdCallback> callback = slots_[index].callback;
            (*callback)(ready);
        }
    }
}

EventLoop::Token GlibEventLoop::add_timer(std::chrono::milliseconds delay, TimerCallback callback) {
    assert(is_on_its_thread());
    const Token token = ++next_timer_;
    auto* box = new TimerBox{this, token, std::move(callback)};
    GSource* timer = g_timeout_source_new(static_cast<guint>(delay.count()));
    g_source_set_callback(
        timer,
        [](gpointer data) noexcept -> gboolean {
            auto* fired = static_cast<TimerBox*>(data);
            const TimerCallback run = std::move(fired->callback);
            fired->loop->remove_timer(fired->token);
            run();
            return G_SOURCE_REMOVE;
        },
        box, [](gpointer data) { delete static_cast<TimerBox*>(data); });
    g_source_attach(timer, context_);
    timers_.emplace(token, timer);
    return token;
}

void GlibEventLoop::remove_timer(Token token) noexcept {
    assert(is_on_its_thread());
    const auto found = timers_.find(token);
    if (found == timers_.end()) {
        return;  // has fired
    }
    GSource* timer = found->second;
    timers_.erase(found);
    g_source_destroy(timer);
    g_source_unref(timer);
}

}  // namespace

Result<std::unique_ptr<EventLoop>> glib_event_loop(GMainContext* context) {
    UniqueFd epoll_fd(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_fd) {
        return Error::from_errno(errno, "cannot create an epoll instance");
    }
    if (context == nullptr) {
        context = g_main_context_default();
    }
    std::unique_ptr<EventLoop> loop = std::make_unique<GlibEventLoop>(context, std::move(epoll_fd));
    return loop;
}

}  // namespace qnetdev
