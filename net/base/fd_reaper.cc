// SPDX-License-Identifier: MIT
#include "net/base/fd_reaper.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "net/base/limits.h"
#include "net/base/signals_blocked.h"

namespace qnetdev {

FdReaper::~FdReaper() {
    wait_all();
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& worker : workers_) {
        worker.join();
    }
}

bool FdReaper::start_worker() {
    try {
        const SignalsBlocked blocked;
        workers_.emplace_back(&FdReaper::run_worker, this);
        return true;
    } catch (const std::system_error&) {
        return false;  // out of threads
    }
}

/// As many as can close, and those that wait for a script do not count.
std::size_t FdReaper::most_workers() const {
    return std::min<std::size_t>(limits::kReaperThreads + pending_slow_,
                                 limits::kReaperScriptThreads);
}

void FdReaper::submit(Job job) {
    std::unique_lock lock(mutex_);
    ++pending_;
    pending_slow_ += job.before_close ? 1 : 0;
    ++pending_names_[job.name];
    for (const std::vector<UniqueFd>* fds : {&job.early_fds, &job.fds}) {
        for (const UniqueFd& fd : *fds) {
            closing_.insert(fd.get());
        }
    }
    // One thread collects; it starts the others when it knows how many are worth it.
    if (!collecting_ && idle_ == 0 && workers_.size() < most_workers() && !start_worker() &&
        workers_.empty()) {
        lock.unlock();
        run(job);
        return;
    }
    collected_.push_back(std::move(job));
    if (!collecting_) {
        work_.notify_one();
    }
}

void FdReaper::run_worker() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        work_.wait(lock, [this] {
            return stopping_ || !queue_.empty() || (!collecting_ && !collected_.empty());
        });
        --idle_;
        if (!queue_.empty()) {
            Job job = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            run(job);
            lock.lock();
        } else if (!collecting_ && !collected_.empty()) {
            collect(lock);
        } else if (stopping_) {
            return;
        }
    }
}

/// Waits for jobs that belong together, does what can be done for all at once, and lets them run.
void FdReaper::collect(Lock& lock) {
    collecting_ = true;
    (void)hurry_up_.wait_for(lock, limits::kReaperDelay, [this] { return hurried_; });
    hurried_ = false;
    std::deque<Job> jobs = std::exchange(collected_, {});
    lock.unlock();
    std::unordered_map<BulkRemove, std::vector<Job*>> in_bulk;
    for (Job& job : jobs) {
        if (job.bulk_remove != nullptr) {
            in_bulk[job.bulk_remove].push_back(&job);
        }
    }
    for (const auto& [remove, members] : in_bulk) {
        if (members.size() > 1) {
            remove(members);
        }
    }
    lock.lock();
    collecting_ = false;
    for (Job& job : jobs) {
        queue_.push_back(std::move(job));
    }
    // This thread takes a job as well.
    for (std::size_t busy = workers_.size() - idle_ - 1;
         workers_.size() - busy < queue_.size() && workers_.size() < most_workers();) {
        if (!start_worker()) {
            break;
        }
    }
    work_.notify_all();
}

void FdReaper::hurry() {
    if (!collected_.empty()) {
        hurried_ = true;
        hurry_up_.notify_all();
    }
}

void FdReaper::close_all(std::vector<UniqueFd>& fds, const Tracer& tracer) {
    for (UniqueFd& fd : fds) {
        const int number = fd.get();
        const auto start = Tracer::Clock::now();
        fd.reset();
        tracer.write("close", std::to_string(number), "0", Tracer::Clock::now() - start);
        // One by one: the number can be anybody's again, long before the last close is done.
        const std::lock_guard lock(mutex_);
        closing_.erase(closing_.find(number));
    }
}

void FdReaper::run(Job& job) {
    close_all(job.early_fds, job.tracer);
    if (job.before_close) {
        job.before_close();
    }
    close_all(job.fds, job.tracer);
    const std::lock_guard lock(mutex_);
    --pending_;
    pending_slow_ -= job.before_close ? 1 : 0;
    const auto name = pending_names_.find(job.name);
    if (--name->second == 0) {
        pending_names_.erase(name);
    }
    done_.notify_all();
}

bool FdReaper::wait_for(const std::string& name, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!pending_names_.contains(name)) {
        return true;
    }
    hurry();
    return done_.wait_for(lock, timeout, [&] { return !pending_names_.contains(name); });
}

void FdReaper::wait_all() {
    std::unique_lock lock(mutex_);
    while (pending_ > 0) {
        hurry();
        done_.wait(lock);
    }
}

bool FdReaper::is_idle() const {
    const std::lock_guard lock(mutex_);
    return pending_ == 0;
}

bool FdReaper::is_closing(int fd) const {
    const std::lock_guard lock(mutex_);
    return closing_.contains(fd);
}

}  // namespace qnetdev
