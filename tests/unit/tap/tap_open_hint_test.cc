// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cerrno>

#include "net/tap/tap_open.h"

namespace qnetdev {
namespace {

/// No interface of this test's host has that name: '/' is not allowed in one.
constexpr const char* kNowhere = "no/where";

TEST(ExplainOpenFailure, KnowsTheRemedyOfEachErrno) {
    EXPECT_EQ(explain_open_failure(ENOENT),
              "create the node: mkdir -p /dev/net && mknod /dev/net/tun c 10 200");
    EXPECT_EQ(explain_open_failure(ENODEV), "the tun driver is not loaded: modprobe tun");
    EXPECT_EQ(explain_open_failure(ENXIO), "the tun driver is not loaded: modprobe tun");
    EXPECT_EQ(explain_open_failure(EACCES),
              "the node's mode shuts this user out, or a device policy does: see ls -l "
              "/dev/net/tun");
    EXPECT_EQ(explain_open_failure(EPERM), explain_open_failure(EACCES));
    EXPECT_EQ(explain_open_failure(EMFILE), "raise the limit on open files: ulimit -n");
    EXPECT_EQ(explain_open_failure(EIO), "");
}

TEST(ExplainSetIffFailure, NeedsNoLookForRightsAndLimits) {
    EXPECT_EQ(explain_set_iff_failure(EPERM, "t0", false),
              "making or opening a tap needs CAP_NET_ADMIN, or an interface that was given to this "
              "user (ip tuntap add mode tap user NAME)");
    EXPECT_EQ(explain_set_iff_failure(E2BIG, "t0", true),
              "the kernel takes 256 queues for one interface");
}

TEST(ExplainSetIffFailure, SaysThatTheNameIsRefusedIfThereIsNoSuchInterface) {
    EXPECT_EQ(explain_set_iff_failure(EINVAL, kNowhere, false),
              "the kernel does not take 'no/where' as a name");
}

TEST(ExplainSetIffFailure, SaysNothingWhereItKnowsNothing) {
    EXPECT_EQ(explain_set_iff_failure(EBUSY, kNowhere, false), "");
    EXPECT_EQ(explain_set_iff_failure(EINVAL, "", false), "");
    EXPECT_EQ(explain_set_iff_failure(EIO, kNowhere, false), "");
}

}  // namespace
}  // namespace qnetdev
