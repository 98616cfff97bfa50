// SPDX-License-Identifier: MIT
#include "net/tap/tap_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/fake_tun.h"

namespace qnetdev {
namespace {

using Values = std::vector<long>;

/// Open, blocking and inheritable.
int users_fd() {
    return open("/dev/null", O_RDWR);
}

bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

TEST(TapFd, ClosesWhatIsItsOwn) {
    const int number = users_fd();
    {
        const TapFd fd{UniqueFd(number)};
        EXPECT_FALSE(fd.is_lent());
        EXPECT_EQ(fd.get(), number);
    }
    EXPECT_FALSE(is_open(number));
}

TEST(TapFd, GivesBackWhatIsLentAsItWas) {
    const int number = users_fd();
    {
        TapFd fd = TapFd::lent(number);
        EXPECT_TRUE(fd.is_lent());
        ASSERT_TRUE(fd.make_nonblocking());
        EXPECT_NE(fcntl(number, F_GETFL) & O_NONBLOCK, 0);
        TapFd moved;
        moved = std::move(fd);
        EXPECT_FALSE(fd.is_lent());  // NOLINT(bugprone-use-after-move)
        EXPECT_TRUE(moved.is_lent());
    }
    const UniqueFd mine(number);
    ASSERT_TRUE(is_open(number));
    EXPECT_EQ(fcntl(number, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(fcntl(number, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(TapFd, KeepsWhatIsTaken) {
    const int number = users_fd();
    {
        TapFd fd = TapFd::lent(number);
        ASSERT_TRUE(fd.make_nonblocking());
        const UniqueFd taken = fd.take();
        EXPECT_EQ(taken.get(), number);
        EXPECT_FALSE(fd);
    }
    EXPECT_FALSE(is_open(number));
}

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
}  // namespace qnetdev
