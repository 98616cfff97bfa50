// SPDX-License-Identifier: MIT
/// Strangers in the moment in which a new tap has no owner yet.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "net/base/limits.h"
#include "tests/support/tap_fixture.h"
#include "tests/support/temporary_file.h"

namespace qnetdev {
namespace {

using namespace tun_flags;
using test::FakeTun;
using test::TunCall;

constexpr unsigned kMulti = kTap | kNoPacketInfo | kVnetHdr | kMultiQueue;
constexpr const char* kChanged = "queue 0: the new tap 't0' was changed by somebody else meanwhile";

class TapOwnership : public test::TapFixture {
protected:
    static qapi::NetdevTapOptions with_queues(unsigned queues) {
        qapi::NetdevTapOptions tap = quiet("t0");
        tap.queues = queues;
        return tap;
    }
    /// Does something once, as soon as the interface is there.
    void at_the_first_moment(std::function<void()> act) {
        tun_.before_call = [act = std::move(act)](const FakeTun::Call& call) {
            if (call.call == TunCall::set_owner) {
                act();
            }
        };
    }
    /// A bring-up that `act` interferes with fails and leaves no interface, whoever has a queue.
    void expect_found(std::function<void()> act) {
        at_the_first_moment(std::move(act));
        const Error error = refusal(with_queues(2));
        EXPECT_EQ(error.message(), kChanged);
        EXPECT_NE(error.hint(), "");
        EXPECT_EQ(tun_.find("t0"), nullptr);
    }

    UniqueFd stranger_ = {};
};

TEST_F(TapOwnership, IsSetRightAfterTheInterfaceIsMade) {
    ASSERT_TRUE(add("n0", with_queues(2)));
    EXPECT_EQ(tun_.find("t0")->owner, geteuid());
    const std::vector<FakeTun::Call>& calls = tun_.calls();
    ASSERT_GT(calls.size(), 4U);
    EXPECT_EQ(calls[2].call, TunCall::set_iff);
    EXPECT_NE(static_cast<unsigned>(calls[2].value) & kExclusive, 0U);
    EXPECT_EQ(calls[3].call, TunCall::set_owner);
    EXPECT_EQ(calls[4].call, TunCall::get_link);
}

TEST_F(TapOwnership, IsSetOnASingleQueueTapAndNotLookedAt) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    EXPECT_EQ(tun_.find("t0")->owner, geteuid());
    EXPECT_EQ(tun_.count(TunCall::get_link), 0U);
}

TEST_F(TapOwnership, FindsAStrangerWhoStays) {
    expect_found([this] { stranger_ = tun_.open_queue("t0", kMultiQueue); });
}

TEST_F(TapOwnership, IsTriedAgainAfterAStrangerWasQuicker) {
    int moments = 0;
    at_the_first_moment([this, &moments] {
        if (++moments == 1) {
            stranger_ = tun_.open_queue("t0", kMultiQueue);
        }
    });
    ASSERT_TRUE(add("n0", with_queues(2)));
    EXPECT_EQ(tun_.count(TunCall::delete_interface), 1U);
    EXPECT_EQ(tun_.find("t0")->owner, geteuid());
    EXPECT_EQ(tun_.find("t0")->queues.size(), 2U);
}

TEST_F(TapOwnership, IsTriedSomeTimes) {
    expect_found([this] { stranger_ = tun_.open_queue("t0", kMultiQueue); });
    EXPECT_EQ(tun_.count(TunCall::delete_interface), std::size_t{limits::kTapClaims});
}

/// To try again would be to join the stranger's.
TEST_F(TapOwnership, IsNotTriedAgainWhileTheFirstIsThere) {
    at_the_first_moment([this] { stranger_ = tun_.open_queue("t0", kMultiQueue); });
    tun_.fail(TunCall::delete_interface, 1, EPERM);
    EXPECT_EQ(refusal(with_queues(2)).message(), kChanged);
    EXPECT_EQ(tun_.count(TunCall::set_owner), 1U);
    EXPECT_NE(tun_.find("t0"), nullptr);
}

TEST_F(TapOwnership, FindsAStrangerWhoMakesItPersistentAndLeaves) {
    expect_found([this] { tun_.at("t0").persistent = true; });
}

TEST_F(TapOwnership, FindsAStrangerWhoLimitsItToAGroup) {
    expect_found([this] { tun_.at("t0").group = 5; });
}

TEST_F(TapOwnership, FindsAStrangerWhoMakesItSomethingElse) {
    expect_found([this] { tun_.at("t0").is_ethernet = false; });
}

TEST_F(TapOwnership, SetsTheOwnerWhateverAStrangerHasMadeOfIt) {
    at_the_first_moment([this] { tun_.at("t0").owner = geteuid() + 1; });
    ASSERT_TRUE(add("n0", with_queues(2)));
    EXPECT_EQ(tun_.find("t0")->owner, geteuid());
}

TEST_F(TapOwnership, TakesAwayWhatAStrangerLeft) {
    at_the_first_moment([this] { tun_.at("t0").has_filter = true; });
    ASSERT_TRUE(add("n0", with_queues(2)));
    EXPECT_FALSE(tun_.find("t0")->has_filter);
}

TEST_F(TapOwnership, RunsNoScriptForATapThatStrangersAreIn) {
    const test::TemporaryFile ran("ran", "");
    const test::TemporaryFile up = test::shell_script("up", "echo x >> " + ran.path());
    qapi::NetdevTapOptions options = with_queues(2);
    options.script = up.path();
    at_the_first_moment([this] { stranger_ = tun_.open_queue("t0", kMultiQueue); });
    EXPECT_EQ(refusal(options).message(), kChanged);
    EXPECT_EQ(ran.text(), "");
}

TEST_F(TapOwnership, FailsIfTheKernelCannotTellWhoIsThere) {
    tun_.tells_queues = false;
    const Error error = refusal(with_queues(2));
    EXPECT_EQ(error.message(), "queue 0: cannot tell who uses the new tap 't0'");
    EXPECT_EQ(error.hint(), "several queues need Linux 4.17 or newer: drop 'queues'");
    EXPECT_EQ(tun_.find("t0"), nullptr);
}

TEST_F(TapOwnership, LeavesOthersTheirTaps) {
    tun_.add_interface("t0", {.flags = kMulti, .persistent = true});
    tun_.add_interface("t1", {.persistent = true});
    const UniqueFd live = tun_.open_queue("t2", kVnetHdr | kMultiQueue);
    qapi::NetdevTapOptions t2 = with_queues(2);
    t2.ifname = "t2";
    ASSERT_TRUE(add("n0", with_queues(2)));
    ASSERT_TRUE(add("n1", quiet("t1")));
    ASSERT_TRUE(add("n2", t2));
    EXPECT_EQ(tun_.count(TunCall::set_owner), 0U);
    EXPECT_EQ(tun_.count(TunCall::reset_shared), 0U);
}

TEST_F(TapOwnership, WarnsOfQueuesOfOthersInATapThatIsThere) {
    tun_.add_interface("t0", {.flags = kMulti, .persistent = true});
    tun_.add_interface("t1", {.flags = kMulti, .persistent = true});
    tun_.at("t0").owner = 4001;
    tun_.at("t1").owner = 4001;
    stranger_ = tun_.open_queue("t0", kVnetHdr | kMultiQueue);
    qapi::NetdevTapOptions t1 = with_queues(2);
    t1.ifname = "t1";
    ASSERT_TRUE(add("n0", with_queues(2)));
    ASSERT_TRUE(add("n1", t1));
    EXPECT_EQ(log_.lines(),
              std::vector<std::string>{
                  "warning: netdev 'n0': tap 't0' existed, belongs to user 4001, and has queues "
                  "that are not this netdev's (1), which get a part of the frames"});
}

/// The name of ours is somebody else's tap, which goes while we look at it.
TEST_F(TapOwnership, IsSetTooIfAnInterfaceGoesBeforeItIsJoined) {
    stranger_ = tun_.open_queue("t0", kVnetHdr | kMultiQueue);
    tun_.before_call = [this](const FakeTun::Call& call) {
        const bool joins = call.call == TunCall::set_iff && (call.value & long{kExclusive}) == 0;
        if (joins) {
            stranger_.reset();
        }
    };
    ASSERT_TRUE(add("n0", with_queues(2)));
    EXPECT_EQ(tun_.find("t0")->owner, geteuid());
    EXPECT_EQ(tun_.find("t0")->queues.size(), 2U);
}

}  // namespace
}  // namespace qnetdev
