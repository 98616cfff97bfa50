// SPDX-License-Identifier: MIT
#include "net/base/worker_pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "net/base/limits.h"
#include "net/base/signals_blocked.h"

namespace qnetdev {

WorkerPool::~WorkerPool() {
    std::deque<Work> dropped;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        dropped.swap(queue_);
    }
    work_.notify_all();
    for (std::thread& worker : workers_) {
        worker.join();
    }
}

Result<void> WorkerPool::start_watch() {
    if (watch_) {
        return {};
    }
    wakeup_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wakeup_) {
        return Error::from_errno(errno, "cannot create an eventfd");
    }
    watch_ = NET_TRY(
        FdWatch::create(loop_, wakeup_.get(), fd_readable, [this](unsigned) { complete(); }));
    return {};
}

Result<void> WorkerPool::start_worker() {
    try {
        const SignalsBlocked blocked;
        workers_.emplace_back(&WorkerPool::run_worker, this);
        return {};
    } catch (const std::system_error& error) {
        return Error::from_errno(error.code().value(), "cannot start a thread");
    }
}

Result<void> WorkerPool::submit(Work work) {
    NET_TRY(start_watch());
    const std::lock_guard lock(mutex_);
    if (idle_ <= queue_.size() && workers_.size() < limits::kWorkerThreads) {
        Result<void> started = start_worker();
        if (!started && workers_.empty()) {
            return started;
        }
    }
    queue_.push_back(std::move(work));
    work_.notify_one();
    return {};
}

void WorkerPool::run_worker() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        --idle_;
        if (stopping_) {
            return;
        }
        Work work = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        Completion completion = work();
        work = {};
        lock.lock();
        completed_.push_back(std::move(completion));
        const std::uint64_t one = 1;
        (void)!write(wakeup_.get(), &one, sizeof one);
    }
}

void WorkerPool::complete() {
    std::uint64_t count = 0;
    (void)!read(wakeup_.get(), &count, sizeof count);
    std::vector<Completion> completed;
    {
        const std::lock_guard lock(mutex_);
        completed.swap(completed_);
    }
    for (Completion& completion : completed) {
        std::exchange(completion, {})();
    }
}

}  // namespace qnetdev
