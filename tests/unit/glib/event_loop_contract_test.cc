// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <vector>

#include "net/event_loop.h"
#include "net/unique_fd.h"
#include "tests/support/test_loop.h"

namespace qnetdev {
namespace {

using std::chrono::milliseconds;

UniqueFd make_event(unsigned value) {
    return UniqueFd(eventfd(value, EFD_CLOEXEC | EFD_NONBLOCK));
}

struct Pair {
    Pair() {
        std::array<int, 2> ends{};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()),
                  0);
        a = UniqueFd(ends[0]);
        b = UniqueFd(ends[1]);
    }

    UniqueFd a = {};
    UniqueFd b = {};
};

/// What every EventLoop has to do.
class EventLoopContract : public ::testing::TestWithParam<test::LoopKind> {
protected:
    FdWatch watch(int fd, unsigned events, EventLoop::FdCallback callback) {
        Result<FdWatch> watch = FdWatch::create(loop(), fd, events, std::move(callback));
        EXPECT_TRUE(watch) << watch.error().message();
        return *std::move(watch);
    }
    EventLoop& loop() { return test_loop_.loop(); }

    test::TestLoop test_loop_{GetParam()};
};

TEST_P(EventLoopContract, ReportsAReadableDescriptor) {
    const UniqueFd fd = make_event(1);
    unsigned ready = fd_none;
    const FdWatch watching = watch(fd.get(), fd_readable, [&](unsigned events) { ready = events; });
    EXPECT_TRUE(test_loop_.run_once());
    EXPECT_EQ(ready, fd_readable);
}

TEST_P(EventLoopContract, IsLevelTriggered) {
    const UniqueFd fd = make_event(1);
    int calls = 0;
    const FdWatch watching = watch(fd.get(), fd_readable, [&](unsigned) { ++calls; });
    EXPECT_EQ(test_loop_.run_pending(3), 3);
    EXPECT_EQ(calls, 3);
}

TEST_P(EventLoopContract, ReportsOnlyWhatItIsAskedFor) {
    const UniqueFd fd = make_event(1);
    std::vector<unsigned> seen;
    FdWatch watching =
        watch(fd.get(), fd_writable, [&](unsigned events) { seen.push_back(events); });
    test_loop_.run_once();
    ASSERT_TRUE(watching.set_events(fd_readable | fd_writable));
    test_loop_.run_once();
    EXPECT_EQ(seen, (std::vector<unsigned>{fd_writable, fd_readable | fd_writable}));
}

TEST_P(EventLoopContract, IsQuietWhenNothingIsAskedFor) {
    const UniqueFd fd = make_event(1);
    int calls = 0;
    FdWatch watching = watch(fd.get(), fd_readable, [&](unsigned) { ++calls; });
    ASSERT_TRUE(watching.set_events(fd_none));
    EXPECT_EQ(test_loop_.run_pending(), 0);
    ASSERT_TRUE(watching.set_events(fd_readable));
    EXPECT_TRUE(test_loop_.run_once());
    EXPECT_EQ(calls, 1);
}

TEST_P(EventLoopContract, ReportsAHangUpUnasked) {
    Pair pair;
    unsigned ready = fd_none;
    const FdWatch watching = watch(pair.a.get(), fd_none, [&](unsigned events) { ready = events; });
    EXPECT_FALSE(test_loop_.run_once());
    pair.b.reset();
    EXPECT_TRUE(test_loop_.run_once());
    EXPECT_EQ(ready, fd_broken);
}

TEST_P(EventLoopContract, LetsAWatchRemoveItselfInItsCallback) {
    const UniqueFd fd = make_event(1);
    int calls = 0;
    // Captured data must outlive the removal: the callback goes on after it.
    auto marker = std::make_shared<int>(7);
    FdWatch watching;
    watching = watch(fd.get(), fd_readable, [&, marker](unsigned) {
        watching.reset();
        calls += *marker;
    });
    EXPECT_EQ(test_loop_.run_pending(), 1);
    EXPECT_EQ(calls, 7);
    EXPECT_FALSE(watching);
    EXPECT_EQ(marker.use_count(), 1);
}

TEST_P(EventLoopContract, LetsAWatchMoveInItsCallback) {
    const UniqueFd fd = make_event(1);
    std::optional<FdWatch> elsewhere;
    FdWatch watching;
    int calls = 0;
    watching = watch(fd.get(), fd_readable, [&](unsigned) {
        if (++calls == 1) {
            elsewhere = std::move(watching);
        } else {
            elsewhere.reset();
        }
    });
    EXPECT_EQ(test_loop_.run_pending(), 2);
    EXPECT_EQ(calls, 2);
}

TEST_P(EventLoopContract, DropsEventsOfAWatchThatWasRemovedInTheSameRound) {
    std::array<UniqueFd, 2> fds{make_event(1), make_event(1)};
    std::array<FdWatch, 2> watches;
    std::array<int, 2> calls{};
    for (std::size_t i = 0; i < 2; ++i) {
        watches[i] = watch(fds[i].get(), fd_readable, [&, i](unsigned) {
            ++calls[i];
            watches[1 - i].reset();
        });
    }
    test_loop_.run_once();  // both are ready; the first to be called removes the other
    EXPECT_EQ(calls[0] + calls[1], 1);
}

TEST_P(EventLoopContract, DropsStaleEventsWhenTheSlotWasTakenAgain) {
    std::array<UniqueFd, 2> fds{make_event(1), make_event(1)};
    const UniqueFd quiet = make_event(0);
    std::array<FdWatch, 2> watches;
    FdWatch newcomer;
    int newcomer_calls = 0;
    for (std::size_t i = 0; i < 2; ++i) {
        watches[i] = watch(fds[i].get(), fd_readable, [&, i](unsigned) {
            // The newcomer gets the slot that was free last: that of the other one, whose event of
            // this round is still to come.
            watches[i].reset();
            watches[1 - i].reset();
            newcomer = watch(quiet.get(), fd_readable, [&](unsigned) { ++newcomer_calls; });
            watches[i] = watch(fds[1 - i].get(), fd_none, [&](unsigned) { ++newcomer_calls; });
        });
    }
    EXPECT_EQ(test_loop_.run_pending(), 1);
    EXPECT_EQ(newcomer_calls, 0);
}

TEST_P(EventLoopContract, DropsEventsThatAreNoLongerAskedFor) {
    std::array<UniqueFd, 2> fds{make_event(1), make_event(1)};
    std::array<FdWatch, 2> watches;
    std::array<int, 2> calls{};
    for (std::size_t i = 0; i < 2; ++i) {
        watches[i] = watch(fds[i].get(), fd_readable, [&, i](unsigned) {
            ++calls[i];
            EXPECT_TRUE(watches[1 - i].set_events(fd_none));
        });
    }
    test_loop_.run_once();
    EXPECT_EQ(calls[0] + calls[1], 1);
}

TEST_P(EventLoopContract, ServesMoreDescriptorsThanOneRoundTakes) {
    constexpr std::size_t kMany = 200;
    std::vector<UniqueFd> fds;
    std::vector<FdWatch> watches;
    std::vector<int> calls(kMany, 0);
    for (std::size_t i = 0; i < kMany; ++i) {
        fds.push_back(make_event(1));
        watches.push_back(watch(fds[i].get(), fd_readable, [&, i](unsigned) {
            ++calls[i];
            eventfd_t value = 0;
            eventfd_read(fds[i].get(), &value);
        }));
    }
    test_loop_.run_pending();
    EXPECT_EQ(calls, std::vector<int>(kMany, 1));
}

TEST_P(EventLoopContract, AddsWatchesInsideACallback) {
    const UniqueFd first = make_event(1);
    std::vector<UniqueFd> fds;
    std::vector<FdWatch> watches;
    int calls = 0;
    FdWatch watching = watch(first.get(), fd_readable, [&](unsigned) {
        watching.reset();
        for (int i = 0; i < 100; ++i) {  // enough to move the loop's own table
            fds.push_back(make_event(1));
            watches.push_back(watch(fds.back().get(), fd_readable, [&](unsigned) { ++calls; }));
        }
    });
    test_loop_.run_once();
    EXPECT_EQ(calls, 0);
    test_loop_.run_once();
    EXPECT_GT(calls, 0);
}

TEST_P(EventLoopContract, RefusesADescriptorThatCannotBePolled) {
    const UniqueFd file(memfd_create("file", MFD_CLOEXEC));
    Result<FdWatch> outcome = FdWatch::create(loop(), file.get(), fd_readable, [](unsigned) {});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "cannot watch descriptor " + std::to_string(file.get()) +
                                             ": Operation not permitted");
}

TEST_P(EventLoopContract, RefusesADescriptorThatIsNotOpen) {
    Result<FdWatch> outcome = FdWatch::create(loop(), 12345, fd_readable, [](unsigned) {});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "cannot watch descriptor 12345: Bad file descriptor");
}

TEST_P(EventLoopContract, RefusesADescriptorTwice) {
    const UniqueFd fd = make_event(0);
    const FdWatch watching = watch(fd.get(), fd_readable, [](unsigned) {});
    Result<FdWatch> outcome = FdWatch::create(loop(), fd.get(), fd_readable, [](unsigned) {});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().errnum(), EEXIST);
}

TEST_P(EventLoopContract, FreesTheCallbackWithTheWatch) {
    const UniqueFd fd = make_event(0);
    auto marker = std::make_shared<int>(0);
    FdWatch watching = watch(fd.get(), fd_readable, [marker](unsigned) {});
    EXPECT_EQ(marker.use_count(), 2);
    watching.reset();
    EXPECT_EQ(marker.use_count(), 1);
}

TEST_P(EventLoopContract, FiresATimerOnceAndNotTooEarly) {
    int calls = 0;
    const auto start = std::chrono::steady_clock::now();
    const Timer timer(loop(), milliseconds(20), [&] { ++calls; });
    EXPECT_TRUE(test_loop_.run_until([&] { return calls > 0; }));
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(19));
    test_loop_.run_pending();
    EXPECT_EQ(calls, 1);
}

TEST_P(EventLoopContract, CancelsATimerByDestruction) {
    int calls = 0;
    auto marker = std::make_shared<int>(0);
    {
        const Timer timer(loop(), milliseconds(0), [&, marker] { ++calls; });
    }
    EXPECT_EQ(marker.use_count(), 1);
    EXPECT_EQ(test_loop_.run_pending(), 0);
    EXPECT_EQ(calls, 0);
}

TEST_P(EventLoopContract, LetsATimerDestroyItselfInItsCallback) {
    auto marker = std::make_shared<int>(7);
    int calls = 0;
    Timer timer;
    timer = Timer(loop(), milliseconds(0), [&, marker] {
        timer.reset();
        calls += *marker;
    });
    EXPECT_TRUE(test_loop_.run_until([&] { return calls > 0; }));
    EXPECT_EQ(calls, 7);
    EXPECT_EQ(marker.use_count(), 1);
}

TEST_P(EventLoopContract, LetsATimerStartItselfAgainInItsCallback) {
    int calls = 0;
    Timer timer;
    std::function<void()> tick = [&] {
        if (++calls < 3) {
            timer = Timer(loop(), milliseconds(0), tick);
        }
    };
    timer = Timer(loop(), milliseconds(0), tick);
    EXPECT_TRUE(test_loop_.run_until([&] { return calls == 3; }));
}

TEST_P(EventLoopContract, LeavesALaterTimerAloneWhenAFiredOneIsDestroyed) {
    int calls = 0;
    Timer first(loop(), milliseconds(0), [&] { ++calls; });
    EXPECT_TRUE(test_loop_.run_until([&] { return calls == 1; }));
    const Timer second(loop(), milliseconds(0), [&] { ++calls; });
    first.reset();
    EXPECT_TRUE(test_loop_.run_until([&] { return calls == 2; }));
}

TEST_P(EventLoopContract, FiresTheNextTimerWhenAnEarlierOneWasCancelled) {
    int calls = 0;
    Timer first(loop(), milliseconds(5), [&] { calls += 10; });
    const Timer second(loop(), milliseconds(20), [&] { ++calls; });
    first.reset();
    EXPECT_TRUE(test_loop_.run_until([&] { return calls > 0; }));
    EXPECT_EQ(calls, 1);
}

TEST_P(EventLoopContract, LetsATimerCancelOneThatIsDueWithIt) {
    std::array<Timer, 2> timers;
    int calls = 0;
    for (std::size_t i = 0; i < 2; ++i) {
        timers[i] = Timer(loop(), milliseconds(0), [&, i] {
            ++calls;
            timers[1 - i].reset();
        });
    }
    EXPECT_TRUE(test_loop_.run_until([&] { return calls > 0; }));
    test_loop_.run_pending();
    EXPECT_EQ(calls, 1);
}

INSTANTIATE_TEST_SUITE_P(Loops, EventLoopContract,
                         ::testing::Values(test::LoopKind::glib, test::LoopKind::poll),
                         [](const auto& kind) {
                             return kind.param == test::LoopKind::glib ? "Glib" : "Poll";
                         });

}  // namespace
}  // namespace qnetdev
