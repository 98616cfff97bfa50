// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "net/event_loop.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// Does what may wait on a few threads, and tells the loop's thread when it is done.
///
/// Threads start when there is work and number at most limits::kWorkerThreads. Belongs to the
/// loop's thread. Destruction waits for work that has begun, and drops the rest and all
/// completions.
class WorkerPool {
public:
    /// Called on the loop's thread.
    using Completion = std::function<void()>;
    /// Called on a thread of the pool; what it returns is called on the loop's.
    using Work = std::function<Completion()>;

    explicit WorkerPool(EventLoop& loop) : loop_(loop) {}
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;
    ~WorkerPool();

    /// Fails, and has not taken the work, if the process is out of threads or descriptors.
    Result<void> submit(Work work);

private:
    Result<void> start_watch();
    Result<void> start_worker();
    void run_worker();
    void complete();

    EventLoop& loop_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::deque<Work> queue_ = {};
    std::vector<Completion> completed_ = {};
    std::vector<std::thread> workers_ = {};
    std::size_t idle_ = 0;
    bool stopping_ = false;
    UniqueFd wakeup_ = {};  ///< An eventfd, readable while something is completed.
    FdWatch watch_ = {};
};

}  // namespace qnetdev
