// SPDX-License-Identifier: MIT
#include "net/tap/tap_fd.h"

#include <gtest/gtest.h>

#include "tests/support/fake_tun.h"

namespace net {
namespace {

using Values = std::vector<long>;

TEST(TapFd, TellsItsInterface) {
    test::FakeTun tun;
    const UniqueFd fd = tun.open_queue("t0", 0);
    Result<std::string> name = tap_fd_get_ifname(tun, fd.get());
    ASSERT_TRUE(name);
    EXPECT_EQ(*name, "t0");
}

TEST(TapFd, IsDetachedAndAttached) {
    test::FakeTun tun;
    const UniqueFd fd = tun.open_queue("t0", tun_flags::kMultiQueue);
    EXPECT_TRUE(tap_fd_disable(tun, fd.get()));
    EXPECT_TRUE(tap_fd_enable(tun, fd.get()));
    EXPECT_EQ(tun.values(test::TunCall::set_queue), (Values{0, 1}));
}

TEST(TapFd, CannotBeDetachedFromASingleQueueInterface) {
    test::FakeTun tun;
    const UniqueFd fd = tun.open_queue("t0", 0);
    EXPECT_EQ(tap_fd_disable(tun, fd.get()).error().message(), "TUNSETQUEUE: Invalid argument");
    EXPECT_EQ(tap_fd_enable(tun, fd.get()).error().message(), "TUNSETQUEUE: Invalid argument");
}

}  // namespace
}  // namespace net
