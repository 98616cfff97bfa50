// SPDX-License-Identifier: MIT
#include "net/base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "net/base/limits.h"
#include "tests/support/no_more_threads.h"
#include "tests/support/test_loop.h"

namespace qnetdev {
namespace {

/// Holds threads until it is opened.
class Gate {
public:
    void wait() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    /// Whether that many threads have come within 10 s.
    bool await(unsigned count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return waiting_ >= count; });
    }
    unsigned waiting() {
        const std::lock_guard lock(mutex_);
        return waiting_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned waiting_ = 0;
    bool open_ = false;
};

TEST(WorkerPool, RefusesWorkWithoutAnyThread) {
    test::TestLoop loop;
    WorkerPool pool(loop.loop());
    bool worked = false;
    const auto work = [&]() -> WorkerPool::Completion { return [&] { worked = true; }; };
    {
        const test::NoMoreThreads none;
        const Result<void> refused = pool.submit(work);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().message(),
                  "cannot start a thread: Resource temporarily unavailable");
    }
    ASSERT_TRUE(pool.submit(work));
    EXPECT_TRUE(loop.run_until([&] { return worked; }));
}

TEST(WorkerPool, LeavesWorkToTheThreadsItHasIfItGetsNoMore) {
    test::TestLoop loop;
    WorkerPool pool(loop.loop());
    Gate gate;
    unsigned completed = 0;
    const auto work = [&]() -> WorkerPool::Completion {
        gate.wait();
        return [&] { ++completed; };
    };
    ASSERT_TRUE(pool.submit(work));
    ASSERT_TRUE(gate.await(1));
    const test::NoMoreThreads none;
    EXPECT_TRUE(pool.submit(work));
    gate.open();
    EXPECT_TRUE(loop.run_until([&] { return completed == 2; }));
}

TEST(WorkerPool, WorksElsewhereAndCompletesHere) {
    test::TestLoop loop;
    WorkerPool pool(loop.loop());
    std::thread::id worker;
    std::thread::id completed;
    ASSERT_TRUE(pool.submit([&]() -> WorkerPool::Completion {
        worker = std::this_thread::get_id();
        return [&] { completed = std::this_thread::get_id(); };
    }));
    ASSERT_TRUE(loop.run_until([&] { return completed != std::thread::id(); }));
    EXPECT_EQ(completed, std::this_thread::get_id());
    EXPECT_NE(worker, std::this_thread::get_id());
}

TEST(WorkerPool, OneThatHangsHoldsUpNoOther) {
    test::TestLoop loop;
    Gate gate;
    WorkerPool pool(loop.loop());
    int done = 0;
    ASSERT_TRUE(pool.submit([&]() -> WorkerPool::Completion {
        gate.wait();
        return [&] { ++done; };
    }));
    ASSERT_TRUE(gate.await(1));
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(pool.submit([&]() -> WorkerPool::Completion { return [&] { ++done; }; }));
    }
    EXPECT_TRUE(loop.run_until([&] { return done == 100; }));
    gate.open();
    EXPECT_TRUE(loop.run_until([&] { return done == 101; }));
}

TEST(WorkerPool, StartsOnlySoManyThreads) {
    test::TestLoop loop;
    Gate gate;
    WorkerPool pool(loop.loop());
    unsigned done = 0;
    for (unsigned i = 0; i < 2 * limits::kWorkerThreads; ++i) {
        ASSERT_TRUE(pool.submit([&]() -> WorkerPool::Completion {
            gate.wait();
            return [&] { ++done; };
        }));
    }
    ASSERT_TRUE(gate.await(limits::kWorkerThreads));
    EXPECT_EQ(gate.waiting(), limits::kWorkerThreads);
    gate.open();
    EXPECT_TRUE(loop.run_until([&] { return done == 2 * limits::kWorkerThreads; }));
}

TEST(WorkerPool, DestructionDropsWhatHasNotBegunAndAllCompletions) {
    test::TestLoop loop;
    Gate gate;
    std::atomic<unsigned> begun = 0;
    const auto token = std::make_shared<int>();
    {
        WorkerPool pool(loop.loop());
        for (unsigned i = 0; i < 3 * limits::kWorkerThreads; ++i) {
            ASSERT_TRUE(pool.submit([&gate, &begun, token]() -> WorkerPool::Completion {
                ++begun;
                gate.wait();
                return [token] { FAIL() << "completed after all"; };
            }));
        }
        ASSERT_TRUE(gate.await(limits::kWorkerThreads));
        gate.open();
    }
    loop.run_pending();
    EXPECT_LE(begun, 3 * limits::kWorkerThreads);
    EXPECT_EQ(token.use_count(), 1) << "nothing keeps what the work held";
}

TEST(WorkerPool, ACompletionMaySubmitMore) {
    test::TestLoop loop;
    WorkerPool pool(loop.loop());
    int left = 50;
    std::function<WorkerPool::Completion()> work = [&]() -> WorkerPool::Completion {
        return [&] {
            if (--left > 0) {
                EXPECT_TRUE(pool.submit(work));
            }
        };
    };
    ASSERT_TRUE(pool.submit(work));
    EXPECT_TRUE(loop.run_until([&] { return left == 0; }));
}

}  // namespace
}  // namespace qnetdev
