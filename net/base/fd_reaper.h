// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "net/base/tracer.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// Closes descriptors on a few threads, because the last close of a tap takes the kernel ~15 ms.
///
/// Jobs are collected for limits::kReaperDelay, or until somebody waits: what can be removed with
/// one request, however many there are, then is, and what a client does right after a removal does
/// not compete with it for the kernel's locks. Threads start when there is work and number at most
/// limits::kReaperThreads, and one more for each job with `before_close`, which may wait long, up
/// to limits::kReaperScriptThreads; if the kernel refuses one, submit() does the work itself.
/// Destruction finishes everything. Thread-safe.
class FdReaper {
public:
    struct Job;
    /// Gets two or more jobs before they are run, to do for all what each close would do alone.
    using BulkRemove = void (*)(const std::vector<Job*>& jobs);

    struct Job {
        std::string name = {};  ///< What waiters know it by: the interface name. May be empty.
        std::vector<UniqueFd> early_fds = {};     ///< Closed first.
        std::function<void()> before_close = {};  ///< Runs next, on the reaper's thread.
        std::vector<UniqueFd> fds = {};           ///< Closed last, in order.
        /// For jobs that can be done in bulk. Called on a reaper's thread.
        BulkRemove bulk_remove = nullptr;
        /// For `bulk_remove`: what the first of `fds` is called now; empty if it must not.
        std::function<std::string()> bulk_name = {};
        Tracer tracer = {};  ///< Shown the closing.
    };

    FdReaper() = default;
    FdReaper(const FdReaper&) = delete;
    FdReaper& operator=(const FdReaper&) = delete;
    ~FdReaper();

    /// Takes the job and returns at once.
    void submit(Job job);

    /// Waits until no job called `name` is left; false if `timeout` came first.
    bool wait_for(const std::string& name, std::chrono::milliseconds timeout);
    /// Waits until nothing is left to do. Bounded by what the jobs are bounded by.
    void wait_all();
    /// Whether nothing is left to do.
    bool is_idle() const;

    /// Whether the descriptor of that number is about to be closed here, or has just been.
    bool is_closing(int fd) const;

private:
    using Lock = std::unique_lock<std::mutex>;

    void run_worker();
    void collect(Lock& lock);
    void run(Job& job);
    void close_all(std::vector<UniqueFd>& fds, const Tracer& tracer);
    bool start_worker();
    std::size_t most_workers() const;
    void hurry();

    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable hurry_up_;
    std::condition_variable done_;
    std::deque<Job> collected_ = {};  ///< Still to be looked at together.
    std::deque<Job> queue_ = {};
    std::vector<std::thread> workers_ = {};
    std::unordered_map<std::string, unsigned> pending_names_ = {};
    std::unordered_multiset<int> closing_ = {};
    std::size_t pending_ = 0;
    std::size_t pending_slow_ = 0;  ///< Those with `before_close`.
    std::size_t idle_ = 0;
    bool collecting_ = false;
    bool hurried_ = false;
    bool stopping_ = false;
};

}  // namespace qnetdev
