// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <csignal>
#include <thread>
#include <vector>

#include "net/event_loop.h"
#include "net/unique_fd.h"

namespace qnetdev {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class PollEventLoopTest : public ::testing::Test {
protected:
    bool is_readable(int timeout_ms = 0) {
        pollfd entry = {loop_->fd(), POLLIN, 0};
        return poll(&entry, 1, timeout_ms) == 1;
    }

    std::unique_ptr<PollEventLoop> loop_ = poll_event_loop().value();
};

TEST_F(PollEventLoopTest, WaitsNoLongerThanItIsTold) {
    const auto start = Clock::now();
    EXPECT_FALSE(loop_->run_once(milliseconds(20)));
    EXPECT_GE(Clock::now() - start, milliseconds(19));
    EXPECT_FALSE(loop_->run_once(milliseconds(0)));
}

TEST_F(PollEventLoopTest, TellsALoopAroundItOfDescriptorsTimersAndWakeUps) {
    EXPECT_FALSE(is_readable());
    const UniqueFd fd(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    Result<FdWatch> watch = FdWatch::create(*loop_, fd.get(), fd_readable, [](unsigned) {});
    EXPECT_TRUE(is_readable());
    watch->reset();
    EXPECT_FALSE(is_readable());
    int calls = 0;
    const Timer timer(*loop_, milliseconds(5), [&] { ++calls; });
    EXPECT_TRUE(is_readable(5000));
    EXPECT_TRUE(loop_->run_once(milliseconds(0)));
    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(is_readable());
    loop_->wake();
    EXPECT_TRUE(is_readable());
    EXPECT_TRUE(loop_->run_once(milliseconds(0)));
    EXPECT_FALSE(is_readable());
}

TEST_F(PollEventLoopTest, IsQuietOnceItsTimersAreCancelled) {
    {
        const Timer timer(*loop_, milliseconds(0), [] {});
    }
    EXPECT_FALSE(is_readable(20));
}

TEST_F(PollEventLoopTest, IsWokenByAnotherThread) {
    std::thread other([this] { loop_->wake(); });
    EXPECT_TRUE(loop_->run_once(milliseconds(-1)));
    other.join();
}

TEST_F(PollEventLoopTest, IsWokenBeforeItWaits) {
    loop_->wake();
    loop_->wake();
    EXPECT_TRUE(loop_->run_once(milliseconds(-1)));
    EXPECT_FALSE(loop_->run_once(milliseconds(0)));
}

TEST_F(PollEventLoopTest, ReturnsWhenASignalIsCaught) {
    struct sigaction action = {};
    struct sigaction before = {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, &before);
    bool returned = false;
    const pthread_t waiting = pthread_self();
    // Again and again: one may come before it waits.
    std::thread other([&, waiting] {
        for (int i = 0; i < 500 && !__atomic_load_n(&returned, __ATOMIC_ACQUIRE); ++i) {
            pthread_kill(waiting, SIGUSR1);
            std::this_thread::sleep_for(milliseconds(10));
        }
    });
    EXPECT_FALSE(loop_->run_once(milliseconds(5000)));
    __atomic_store_n(&returned, true, __ATOMIC_RELEASE);
    other.join();
    sigaction(SIGUSR1, &before, nullptr);
}

/// Also those that are due in the same round, which GLib calls in the order they were made.
TEST_F(PollEventLoopTest, FiresTimersInTheOrderTheyAreDue) {
    std::vector<int> order;
    const Timer late(*loop_, milliseconds(20), [&] { order.push_back(3); });
    const Timer soon(*loop_, milliseconds(5), [&] { order.push_back(1); });
    const Timer later(*loop_, milliseconds(10), [&] { order.push_back(2); });
    std::this_thread::sleep_for(milliseconds(30));
    EXPECT_TRUE(loop_->run_once(milliseconds(5000)));
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_F(PollEventLoopTest, TakesATimerThatIsFarAway) {
    const Timer timer(*loop_, milliseconds::max(), [] { FAIL(); });
    EXPECT_FALSE(loop_->run_once(milliseconds(0)));
}

TEST_F(PollEventLoopTest, DoesNotCallWhatATimerStartsInTheSameRound) {
    int calls = 0;
    Timer timer;
    const std::function<void()> again = [&] {
        ++calls;
        timer = Timer(*loop_, milliseconds(0), again);
    };
    timer = Timer(*loop_, milliseconds(0), again);
    EXPECT_TRUE(loop_->run_once(milliseconds(5000)));
    EXPECT_EQ(calls, 1);
}

TEST_F(PollEventLoopTest, DropsPendingTimersWithTheLoop) {
    auto marker = std::make_shared<int>(0);
    loop_->add_timer(milliseconds(0), [marker] {});
    EXPECT_EQ(marker.use_count(), 2);
    loop_.reset();
    EXPECT_EQ(marker.use_count(), 1);
}

TEST(PollEventLoopLife, FailsWhereDescriptorsAreUsedUp) {
    rlimit before = {};
    getrlimit(RLIMIT_NOFILE, &before);
    const UniqueFd next(eventfd(0, EFD_CLOEXEC));
    // Room for as many more, of the three that it needs.
    for (const char* what :
         {"cannot create an epoll instance", "cannot create a timer", "cannot create an eventfd"}) {
        static rlim_t room = 0;
        const rlimit tight = {static_cast<rlim_t>(next.get()) + 1 + room++, before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &tight);
        Result<std::unique_ptr<PollEventLoop>> loop = poll_event_loop();
        setrlimit(RLIMIT_NOFILE, &before);
        ASSERT_FALSE(loop);
        EXPECT_EQ(loop.error().message(), std::string(what) + ": Too many open files");
    }
}

}  // namespace
}  // namespace qnetdev
