// SPDX-License-Identifier: MIT
#include "net/glib_event_loop.h"

#include <glib.h>

#include <cassert>
#include <memory>
#include <unordered_map>
#include <utility>

#include "net/base/epoll_set.h"

namespace qnetdev {
namespace {

class GlibEventLoop;

/// GLib copies this struct's memory around as part of its GSource: plain data only.
struct EpollSource {
    GSource base;
    GlibEventLoop* loop;
};

class GlibEventLoop : public EventLoop {
public:
    GlibEventLoop(GMainContext* context, EpollSet set)
        : context_(g_main_context_ref(context)), set_(std::move(set)) {
        static GSourceFuncs funcs = {nullptr, nullptr, &GlibEventLoop::on_dispatch,
                                     nullptr, nullptr, nullptr};
        source_ = g_source_new(&funcs, sizeof(EpollSource));
        g_source_set_static_name(source_, "qnetdev");
        reinterpret_cast<EpollSource*>(source_)->loop = this;
        epoll_tag_ = g_source_add_unix_fd(source_, set_.fd(), G_IO_IN);
        // Otherwise GLib takes the descriptor out of its set and puts it back around each dispatch,
        // which costs four system calls. dispatch() itself sees to it that it is not entered twice.
        g_source_set_can_recurse(source_, TRUE);
        g_source_attach(source_, context_);
    }

    ~GlibEventLoop() override {
        set_.forget_callbacks();
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
        return set_.add(fd, events, std::move(callback));
    }
    Result<void> modify_fd(Token token, unsigned events) override {
        assert(is_on_its_thread());
        return set_.modify(token, events);
    }
    void remove_fd(Token token) noexcept override {
        assert(is_on_its_thread());
        set_.remove(token);
    }

    Token add_timer(std::chrono::milliseconds delay, TimerCallback callback) override;
    void remove_timer(Token token) noexcept override;

private:
    struct TimerBox {
        GlibEventLoop* loop;
        Token token;
        TimerCallback callback;
    };

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

    GMainContext* context_;
    EpollSet set_;
    GSource* source_ = nullptr;
    gpointer epoll_tag_ = nullptr;
    bool dispatching_ = false;
    bool muted_ = false;
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
    (void)set_.dispatch(std::chrono::milliseconds(0));
    dispatching_ = false;
    if (std::exchange(muted_, false)) {
        g_source_modify_unix_fd(source_, epoll_tag_, G_IO_IN);
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
    EpollSet set = NET_TRY(EpollSet::create());
    if (context == nullptr) {
        context = g_main_context_default();
    }
    std::unique_ptr<EventLoop> loop = std::make_unique<GlibEventLoop>(context, std::move(set));
    return loop;
}

}  // namespace qnetdev
