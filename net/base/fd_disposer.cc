// SPDX-License-Identifier: MIT
#include "net/base/fd_disposer.h"

#include <sys/socket.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "net/base/limits.h"
#include "net/base/signals_blocked.h"

namespace qnetdev {

/// Shared with the threads, which may outlive the disposer.
struct FdDisposer::State {
    struct Item {
        UniqueFd fd;
        std::shared_ptr<const void> account;
    };

    std::shared_ptr<SocketCloser> closer = {};  ///< May be missing.
    std::mutex mutex;
    std::condition_variable work;
    std::condition_variable done;
    std::deque<Item> queue = {};
    std::size_t waiting = 0;  ///< In the queue, or being closed.
    unsigned threads = 0;
    unsigned idle = 0;
    bool stopping = false;

    static void run(const std::shared_ptr<State>& state);
    static bool start_thread(const std::shared_ptr<State>& state);
};

namespace {

/// Whoever shares the socket can change that again, which is why nobody waits all the same.
void close_here(UniqueFd fd) {
    const linger off = {};
    (void)setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &off, sizeof off);
    fd.reset();
}

/// Asked so that no file system is, which would take its time to answer.
bool is_socket(const UniqueFd& fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    return getsockopt(fd.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0;
}

void close_now(UniqueFd fd, SocketCloser* closer) {
    if (closer == nullptr || !is_socket(fd) || !closer->close(fd)) {
        close_here(std::move(fd));
    }
}

}  // namespace

void FdDisposer::State::run(const std::shared_ptr<State>& state) {
    std::unique_lock lock(state->mutex);
    while (true) {
        ++state->idle;
        state->work.wait(lock, [&] { return state->stopping || !state->queue.empty(); });
        --state->idle;
        if (state->queue.empty()) {
            return;
        }
        Item item = std::move(state->queue.front());
        state->queue.pop_front();
        lock.unlock();
        close_now(std::move(item.fd), state->closer.get());
        item.account.reset();
        lock.lock();
        --state->waiting;
        state->done.notify_all();
    }
}

bool FdDisposer::State::start_thread(const std::shared_ptr<State>& state) {
    try {
        const SignalsBlocked blocked;
        std::thread([state] { run(state); }).detach();
        ++state->threads;
        return true;
    } catch (const std::system_error&) {
        return false;  // out of threads
    }
}

FdDisposer::FdDisposer(std::shared_ptr<SocketCloser> closer) : state_(std::make_shared<State>()) {
    state_->closer = std::move(closer);
}

FdDisposer::~FdDisposer() {
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->work.notify_all();
    (void)state_->done.wait_for(lock, limits::kDisposerGrace,
                                [this] { return state_->waiting == 0; });
}

void FdDisposer::dispose(UniqueFd fd, std::shared_ptr<const void> account) {
    if (!fd) {
        return;
    }
    {
        const std::lock_guard lock(state_->mutex);
        const bool wants_thread =
            state_->idle <= state_->queue.size() && state_->threads < limits::kDisposerThreads;
        if (!wants_thread || State::start_thread(state_) || state_->threads > 0) {
            state_->queue.push_back({std::move(fd), std::move(account)});
            ++state_->waiting;
            state_->work.notify_one();
            return;
        }
    }
    close_here(std::move(fd));
}

std::size_t FdDisposer::waiting() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting;
}

bool FdDisposer::is_full() const {
    return waiting() >= limits::kDisposedFds;
}

}  // namespace qnetdev
