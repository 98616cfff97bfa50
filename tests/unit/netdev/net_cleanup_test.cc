// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/support/tap_fixture.h"
#include "tests/support/temporary_file.h"

namespace qnetdev {
namespace {

class NetCleanup : public test::TapFixture {};

TEST_F(NetCleanup, RemovesEverythingAndWaitsUntilItIsClosed) {
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(add("n" + std::to_string(i), quiet("t" + std::to_string(i))));
    }
    attach_nic("n3");
    net_cleanup(context_);
    EXPECT_TRUE(context_.registry().groups().empty());
    EXPECT_EQ(tun_.interface_count(), 0U);
}

TEST_F(NetCleanup, WaitsForDownScripts) {
    const test::TemporaryFile diary("diary", "");
    // Slow, so that who does not wait is early.
    const test::TemporaryFile down =
        test::shell_script("down", "sleep 0.05; echo $1 >> " + diary.path());
    qapi::NetdevTapOptions options = quiet("t0");
    options.downscript = down.path();
    ASSERT_TRUE(add("n0", options));
    net_cleanup(context_);
    EXPECT_EQ(diary.text(), "t0\n");
}

TEST_F(NetCleanup, RemovesWhatNetMadeToo) {
    ASSERT_TRUE(add("n0", quiet("t0"), NetdevOrigin::net_option));
    net_cleanup(context_);
    EXPECT_EQ(tun_.interface_count(), 0U);
}

TEST_F(NetCleanup, LeavesTheContextUsable) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    net_cleanup(context_);
    net_cleanup(context_);
    EXPECT_TRUE(add("n0", quiet("t0")));
}

TEST_F(NetCleanup, ClosesOneByOneWhatTheKernelDoesNotKnow) {
    // Names that no interface of this host can have: the kernel is asked, and knows none.
    for (const char* ifname : {"ut.fake0", "ut.fake1", "ut.fake2"}) {
        ASSERT_TRUE(add(std::string("n-") + ifname, quiet(ifname)));
    }
    net_cleanup(context_, {.exclusive = true});
    EXPECT_TRUE(context_.registry().groups().empty());
    EXPECT_EQ(tun_.interface_count(), 0U);
}

}  // namespace
}  // namespace qnetdev
