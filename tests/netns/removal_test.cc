// SPDX-License-Identifier: MIT
/// Removal of netdevs: of one, of all, of a context; and what must survive it.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <array>
#include <chrono>
#include <thread>

#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

class Removal : public Netns {
protected:
    /// So many single-queue taps "c0", "c1" and so on, ids the same.
    void init_many(unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            const std::string name = "c" + std::to_string(i);
            ASSERT_EQ(outcome(init({.ifname = name}, name)), "ok");
        }
    }
    /// The interfaces whose name starts with "c".
    static std::size_t count_many() {
        std::size_t count = 0;
        for (const auto& [name, link] : links()) {
            count += name.front() == 'c' ? 1 : 0;
        }
        return count;
    }
    /// A further network namespace, which nobody is in.
    static UniqueFd make_namespace() {
        const UniqueFd here(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        require(here && unshare(CLONE_NEWNET) == 0, "unshare");
        UniqueFd there(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        require(there && setns(here.get(), CLONE_NEWNET) == 0, "setns");
        return there;
    }
    /// net_cleanup() as somebody who shares no descriptor calls it: deletes what it may.
    void clean_up() { net_cleanup(context(), {.exclusive = true}); }
    /// clean_up() with so many netdevs that deletion in bulk is worth it.
    void clean_up_in_company() {
        ASSERT_NO_FATAL_FAILURE(init_many(4));
        clean_up();
        EXPECT_EQ(count_many(), 0U);
        EXPECT_TRUE(context().registry().groups().empty());
    }
};

TEST_F(Removal, ANameCanBeReusedRightAfterDeletion) {
    for (int round = 0; round < 200; ++round) {
        ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok") << "round " << round;
        ASSERT_EQ(outcome(net_client_del(context(), "n0")), "ok") << "round " << round;
    }
    drop_context();
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(Removal, AMultiQueueNameCanBeReusedRightAfterDeletion) {
    for (int round = 0; round < 5; ++round) {
        ASSERT_EQ(outcome(init({.ifname = "t0", .queues = round % 2 == 0 ? 8U : 1U})), "ok");
        ASSERT_EQ(outcome(net_client_del(context(), "n0")), "ok");
    }
}

TEST_F(Removal, ANameThatATemplateMadeCanBeReusedRightAfterDeletion) {
    ASSERT_EQ(outcome(init({.ifname = "my%d"})), "ok");
    ASSERT_EQ(outcome(net_client_del(context(), "n0")), "ok");
    ASSERT_EQ(outcome(init({.ifname = "my0"})), "ok");
}

TEST_F(Removal, ReuseWaitsForTheDownScript) {
    const std::string down = write_program(
        "down", "#!/bin/sh\nuntil [ -e " + dir() +
                    "/go ]; do sleep 0.02; done\necho \"$1 is going\" >>" + dir() + "/log\n");
    ASSERT_EQ(outcome(init({.ifname = "t0", .downscript = down})), "ok");
    ASSERT_EQ(outcome(net_client_del(context(), "n0")), "ok");
    EXPECT_EQ(content("log"), "");
    std::thread release([this] {
        // Time for init() to come to its wait. Were that too short, less would be proven.
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        write_program("go", "");
    });
    const std::string again = outcome(init({.ifname = "t0"}));
    release.join();
    EXPECT_EQ(again, "ok");
    EXPECT_EQ(content("log"), "t0 is going\n");
}

TEST_F(Removal, TheSecondDeletionFindsNothing) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    ASSERT_EQ(outcome(remove()), "ok");
    const Result<void> again = remove();
    EXPECT_EQ(outcome(again), "no netdev 'n0'");
    EXPECT_EQ(again.error().error_class(), ErrorClass::device_not_found);
}

TEST_F(Removal, CleanupOf256TapsCostsLessThanClosingThemInTurn) {
    constexpr unsigned kMany = 256;
    constexpr unsigned kSample = 16;
    constexpr unsigned kTries = 3;  // others may keep the machine busy during one of the two
    double share = 1;
    for (unsigned i = 0; i < kTries && share >= 0.25; ++i) {
        const auto sample_start = Clock::now();
        for (unsigned k = 0; k < kSample; ++k) {
            ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
            ASSERT_EQ(outcome(remove()), "ok");
        }
        const Seconds in_turn = (Clock::now() - sample_start) * (kMany / kSample);

        ASSERT_NO_FATAL_FAILURE(init_many(kMany));
        ASSERT_EQ(count_many(), kMany);
        const auto start = Clock::now();
        clean_up();
        share = (Clock::now() - start) / in_turn;
        EXPECT_EQ(count_many(), 0U);
        EXPECT_TRUE(context().registry().groups().empty());
    }
    EXPECT_LT(share, 0.25);
}

TEST_F(Removal, CleanupWithoutDeletionLeavesNothingEither) {
    ASSERT_NO_FATAL_FAILURE(init_many(40));
    net_cleanup(context());
    EXPECT_EQ(count_many(), 0U);
}

TEST_F(Removal, CleanupTakesMultiQueueTapsAlong) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 8})), "ok");
    ASSERT_EQ(outcome(tap_disable(client(3))), "ok");
    clean_up_in_company();
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(Removal, CleanupOfNothingIsFine) {
    clean_up();
    EXPECT_TRUE(warnings().empty());
}

TEST_F(Removal, CleanupKeepsAPersistentTap) {
    const PersistentTun tap("t0", IFF_TAP | IFF_NO_PI);
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    clean_up_in_company();
    EXPECT_TRUE(find("t0").has_value());
}

TEST_F(Removal, CleanupKeepsATapThatWasMadePersistentMeanwhile) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    require(ioctl(tap_get_fd(client()), TUNSETPERSIST, 1UL) == 0, "TUNSETPERSIST");
    clean_up_in_company();
    ASSERT_TRUE(find("t0").has_value());
    delete_link("t0");
}

TEST_F(Removal, CleanupKeepsATapThatWasThereBefore) {
    const UniqueFd other = open_tap("t0", IFF_MULTI_QUEUE);
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    clean_up_in_company();
    EXPECT_EQ(find("t0")->queues, 1U);
}

TEST_F(Removal, CleanupKeepsATapThatOthersHaveJoined) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    const UniqueFd other = open_tap("t0", IFF_MULTI_QUEUE);
    clean_up_in_company();
    ASSERT_TRUE(find("t0").has_value());
    EXPECT_EQ(find("t0")->queues, 1U);
}

TEST_F(Removal, CleanupDeletesInBulkWhatNobodyElseHas) {
    ASSERT_NO_FATAL_FAILURE(init_many(4));
    // Told a lie, it cuts even the duplicate off: so it is deletion, and not the last close.
    const UniqueFd copy(fcntl(tap_get_fd(client(0, "c0")), F_DUPFD_CLOEXEC, 0));
    clean_up();
    EXPECT_EQ(count_many(), 0U);
}

TEST_F(Removal, CleanupKeepsAForeignMultiQueueTapThatTookOverAName) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    delete_link("t0");
    const std::array<UniqueFd, 2> others{open_tap("t0", IFF_MULTI_QUEUE),
                                         open_tap("t0", IFF_MULTI_QUEUE)};
    clean_up_in_company();
    ASSERT_TRUE(find("t0").has_value());
    EXPECT_EQ(find("t0")->queues, 2U);
}

TEST_F(Removal, CleanupKeepsAForeignTapWithTheFormerNameOfOurs) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    rename_link("t0", "renamed");
    const UniqueFd other = open_tap("t0", 0);
    clean_up_in_company();
    EXPECT_TRUE(find("t0").has_value());
    EXPECT_FALSE(find("renamed").has_value());
}

TEST_F(Removal, CleanupKeepsAForeignTapThatHasTheNameOfOursInAnotherNamespace) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    const UniqueFd there = make_namespace();
    move_link("t0", there.get());
    const UniqueFd other = open_tap("t0", 0);
    clean_up_in_company();
    EXPECT_TRUE(find("t0").has_value());
}

TEST_F(Removal, CleanupKeepsAForeignTapThatTookOverAName) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    delete_link("t0");
    const UniqueFd other = open_tap("t0", 0);
    clean_up_in_company();
    EXPECT_TRUE(find("t0").has_value());
}

TEST_F(Removal, CleanupKeepsADescriptorThatIsSharedUnlessToldOtherwise) {
    ASSERT_NO_FATAL_FAILURE(init_many(4));
    const UniqueFd copy(fcntl(tap_get_fd(client(0, "c0")), F_DUPFD_CLOEXEC, 0));
    net_cleanup(context());
    EXPECT_TRUE(find("c0").has_value());
    EXPECT_EQ(count_many(), 1U);
}

TEST_F(Removal, CleanupKeepsTapsPassedByDescriptor) {
    UniqueFd passed = open_tap("t0", 0);
    const UniqueFd copy(fcntl(passed.get(), F_DUPFD_CLOEXEC, 0));
    ASSERT_EQ(outcome(init({.fd = std::to_string(passed.get())})), "ok");
    (void)passed.release();
    clean_up_in_company();
    EXPECT_TRUE(find("t0").has_value());
}

TEST_F(Removal, CleanupKeepsAMacvtap) {
    const Macvtap macvtap("m0");
    if (!macvtap.exists()) {
        GTEST_SKIP() << "this kernel has no macvtap, or nobody makes its nodes";
    }
    ASSERT_EQ(outcome(init({.ifname = "m0"})), "ok");
    clean_up_in_company();
    EXPECT_TRUE(find("m0").has_value());
}

TEST_F(Removal, TwoContextsShareNothing) {
    TestLoop other_loop;
    std::unique_ptr<NetContext> other = net_context_create(other_loop.loop());
    qapi::Netdev netdev;
    netdev.id = "n0";
    netdev.branch = Tap{.ifname = "t1", .script = "no", .downscript = "no"};
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    ASSERT_EQ(outcome(net_client_init(*other, netdev)), "ok");
    EXPECT_EQ(net_info(*other),
              std::vector<std::string>{"n0: index=0,type=tap,ifname=t1,script=no,downscript=no"});
    net_cleanup(*other);
    EXPECT_FALSE(find("t1").has_value());
    EXPECT_EQ(state().ifname, "t0");
    ASSERT_EQ(outcome(net_client_init(*other, netdev)), "ok");
    drop_context();
    EXPECT_FALSE(find("t0").has_value());
    EXPECT_TRUE(find("t1").has_value());
}

TEST_F(Removal, AContextTakesItsNetdevsAlong) {
    ASSERT_NO_FATAL_FAILURE(init_many(20));
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 4})), "ok");
    drop_context();
    EXPECT_EQ(count_many(), 0U);
    EXPECT_FALSE(find("t0").has_value());
}

}  // namespace
}  // namespace qnetdev::test
