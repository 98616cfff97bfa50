// SPDX-License-Identifier: MIT
#include "net/base/fd_reaper.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <future>

#include "net/base/limits.h"
#include "tests/support/no_more_threads.h"

namespace qnetdev {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLong{10000};

/// A pipe; the reaper gets the write end, so that the read end tells when it is closed.
struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
        read_end = UniqueFd(ends[0]);
        write_end = UniqueFd(ends[1]);
    }
    bool is_hung_up() const {
        pollfd entry = {read_end.get(), POLLIN, 0};
        return poll(&entry, 1, 0) == 1 && (entry.revents & POLLHUP) != 0;
    }

    UniqueFd read_end = {};
    UniqueFd write_end = {};
};

std::vector<UniqueFd> just(UniqueFd fd) {
    std::vector<UniqueFd> fds;
    fds.push_back(std::move(fd));
    return fds;
}

/// Holds reaper threads up until it is opened.
class Gate {
public:
    std::function<void()> wait() {
        return [this, opened = opened_] {
            ++waiting_;
            opened.wait();
        };
    }
    void open() { promise_.set_value(); }
    unsigned waiting() const { return waiting_; }

private:
    std::promise<void> promise_;
    std::shared_future<void> opened_ = promise_.get_future().share();
    std::atomic<unsigned> waiting_ = 0;
};

TEST(FdReaper, ClosesWhatItIsGiven) {
    FdReaper reaper;
    Pipe pipe;
    reaper.submit({.fds = just(std::move(pipe.write_end))});
    reaper.wait_all();
    EXPECT_TRUE(pipe.is_hung_up());
}

TEST(FdReaper, ReturnsFromSubmitAtOnce) {
    FdReaper reaper;
    Gate gate;
    Pipe pipe;
    reaper.submit({.before_close = gate.wait(), .fds = just(std::move(pipe.write_end))});
    EXPECT_FALSE(pipe.is_hung_up());
    gate.open();
    reaper.wait_all();
    EXPECT_TRUE(pipe.is_hung_up());
}

TEST(FdReaper, RunsTheHookBeforeItCloses) {
    FdReaper reaper;
    Pipe pipe;
    bool open_in_hook = false;
    const int number = pipe.write_end.get();
    reaper.submit(
        {.before_close = [&] { open_in_hook = fcntl(number, F_GETFD) >= 0 && !pipe.is_hung_up(); },
         .fds = just(std::move(pipe.write_end))});
    reaper.wait_all();
    EXPECT_TRUE(open_in_hook);
}

TEST(FdReaper, TakesAJobWithoutDescriptors) {
    FdReaper reaper;
    std::atomic<bool> ran = false;
    reaper.submit({.name = "t0", .before_close = [&] { ran = true; }});
    reaper.wait_all();
    EXPECT_TRUE(ran);
}

TEST(FdReaper, WaitsForTheJobsOfOneNameOnly) {
    FdReaper reaper;
    Gate gate;
    reaper.submit({.name = "slow", .before_close = gate.wait()});
    EXPECT_TRUE(reaper.wait_for("fast", milliseconds(0)));
    EXPECT_FALSE(reaper.wait_for("slow", milliseconds(5)));
    gate.open();
    EXPECT_TRUE(reaper.wait_for("slow", kLong));
}

TEST(FdReaper, WaitsForEveryJobOfAName) {
    FdReaper reaper;
    Gate first;
    Gate second;
    reaper.submit({.name = "t0", .before_close = first.wait()});
    reaper.submit({.name = "t0", .before_close = second.wait()});
    first.open();
    EXPECT_FALSE(reaper.wait_for("t0", milliseconds(10)));
    second.open();
    EXPECT_TRUE(reaper.wait_for("t0", kLong));
}

TEST(FdReaper, KnowsWhatItIsAboutToClose) {
    FdReaper reaper;
    Gate gate;
    Pipe pipe;
    const int number = pipe.write_end.get();
    EXPECT_FALSE(reaper.is_closing(number));
    reaper.submit({.before_close = gate.wait(), .fds = just(std::move(pipe.write_end))});
    EXPECT_TRUE(reaper.is_closing(number));
    EXPECT_FALSE(reaper.is_closing(pipe.read_end.get()));
    gate.open();
    reaper.wait_all();
    EXPECT_FALSE(reaper.is_closing(number));
}

TEST(FdReaper, RunsJobsThatWaitInParallelUpToItsThreadLimit) {
    FdReaper reaper;
    Gate gate;
    for (unsigned i = 0; i < limits::kReaperScriptThreads + 4; ++i) {
        reaper.submit({.before_close = gate.wait()});
    }
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (gate.waiting() < limits::kReaperScriptThreads &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    std::this_thread::sleep_for(milliseconds(5));  // time for one too many
    EXPECT_EQ(gate.waiting(), limits::kReaperScriptThreads);
    gate.open();
    reaper.wait_all();
    EXPECT_EQ(gate.waiting(), limits::kReaperScriptThreads + 4);
}

TEST(FdReaper, ClosesWhileMoreJobsThanItHasClosingThreadsWait) {
    FdReaper reaper;
    Gate gate;
    for (unsigned i = 0; i < limits::kReaperThreads + 4; ++i) {
        reaper.submit({.before_close = gate.wait()});
    }
    Pipe pipe;
    reaper.submit({.name = "quick", .fds = just(std::move(pipe.write_end))});
    EXPECT_TRUE(reaper.wait_for("quick", kLong));
    gate.open();
}

TEST(FdReaper, FinishesEverythingWhenItIsDestroyed) {
    std::atomic<unsigned> ran = 0;
    std::vector<Pipe> pipes(40);
    {
        FdReaper reaper;
        for (Pipe& pipe : pipes) {
            reaper.submit({.before_close = [&] { ++ran; }, .fds = just(std::move(pipe.write_end))});
        }
    }
    EXPECT_EQ(ran, 40U);
    EXPECT_TRUE(
        std::all_of(pipes.begin(), pipes.end(), [](Pipe& pipe) { return pipe.is_hung_up(); }));
}

TEST(FdReaper, ClosesInTheCallerWithoutAnyThread) {
    FdReaper reaper;
    Pipe pipe;
    const test::NoMoreThreads none;
    reaper.submit({.fds = just(std::move(pipe.write_end))});
    EXPECT_TRUE(pipe.is_hung_up());
    EXPECT_TRUE(reaper.is_idle());
}

TEST(FdReaper, LeavesAJobToTheThreadsItHasIfItGetsNoMore) {
    FdReaper reaper;
    Gate gate;
    reaper.submit({.before_close = gate.wait()});
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (gate.waiting() == 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    Pipe pipe;
    const test::NoMoreThreads none;
    reaper.submit({.fds = just(std::move(pipe.write_end))});
    EXPECT_FALSE(pipe.is_hung_up());
    gate.open();
    reaper.wait_all();
    EXPECT_TRUE(pipe.is_hung_up());
}

TEST(FdReaper, KeepsSignalsAwayFromItsThreads) {
    FdReaper reaper;
    std::promise<bool> all_blocked;
    reaper.submit({.before_close = [&] {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        all_blocked.set_value(sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGCHLD) == 1);
    }});
    EXPECT_TRUE(all_blocked.get_future().get());
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
}

/// What remove_in_bulk() below was given, by name.
std::vector<std::vector<std::string>>& bulk_calls() {
    static std::vector<std::vector<std::string>> calls;
    return calls;
}

void remove_in_bulk(const std::vector<FdReaper::Job*>& jobs) {
    std::vector<std::string> names;
    for (const FdReaper::Job* job : jobs) {
        EXPECT_GE(fcntl(job->fds.front().get(), F_GETFD), 0) << "closed before";
        names.push_back(job->bulk_name());
    }
    bulk_calls().push_back(std::move(names));
}

FdReaper::Job bulk_job(const std::string& name, Pipe& pipe) {
    return {.name = name,
            .fds = just(std::move(pipe.write_end)),
            .bulk_remove = remove_in_bulk,
            .bulk_name = [name] { return name; }};
}

TEST(FdReaper, HandsOverInBulkWhatWasSubmittedTogether) {
    // Together means within milliseconds: on a busy machine this thread may need another try.
    const std::vector<std::vector<std::string>> together{{"t0", "t1", "t2"}};
    bulk_calls().clear();
    for (int i = 0; i < 50 && bulk_calls() != together; ++i) {
        bulk_calls().clear();
        std::vector<Pipe> pipes(3);
        FdReaper reaper;
        for (std::size_t n = 0; n < pipes.size(); ++n) {
            reaper.submit(bulk_job("t" + std::to_string(n), pipes[n]));
        }
        reaper.submit({.name = "other"});
        reaper.wait_all();
        for (const Pipe& pipe : pipes) {
            EXPECT_TRUE(pipe.is_hung_up());
        }
    }
    EXPECT_EQ(bulk_calls(), together);
}

TEST(FdReaper, DoesNotCallASingleJobBulk) {
    bulk_calls().clear();
    Pipe pipe;
    FdReaper reaper;
    reaper.submit(bulk_job("t0", pipe));
    reaper.wait_all();
    EXPECT_TRUE(bulk_calls().empty());
    EXPECT_TRUE(pipe.is_hung_up());
}

TEST(FdReaper, ClosesWithoutAnybodyWaiting) {
    FdReaper reaper;
    Pipe pipe;
    reaper.submit({.fds = just(std::move(pipe.write_end))});
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (!pipe.is_hung_up() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(pipe.is_hung_up());
    EXPECT_TRUE(reaper.wait_for("", kLong));
    EXPECT_TRUE(reaper.is_idle());
}

}  // namespace
}  // namespace qnetdev
