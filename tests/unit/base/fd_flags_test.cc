// SPDX-License-Identifier: MIT
#include "net/base/fd_flags.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "net/unique_fd.h"

namespace net {
namespace {

TEST(SetNonblocking, TellsThatTheDescriptorWasBlocking) {
    const UniqueFd fd(open("/dev/null", O_RDWR));  // NOLINT(android-cloexec-open): the case tested
    Result<bool> was_blocking = set_nonblocking(fd.get());
    ASSERT_TRUE(was_blocking);
    EXPECT_TRUE(*was_blocking);
    EXPECT_NE(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
}

TEST(SetNonblocking, TellsThatTheDescriptorWasNonblockingAlready) {
    const UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    Result<bool> was_blocking = set_nonblocking(fd.get());
    ASSERT_TRUE(was_blocking);
    EXPECT_FALSE(*was_blocking);
}

TEST(SetNonblocking, KeepsTheOtherFlags) {
    const UniqueFd fd(open("/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC));
    ASSERT_TRUE(set_nonblocking(fd.get()));
    EXPECT_NE(fcntl(fd.get(), F_GETFL) & O_APPEND, 0);
}

TEST(SetNonblocking, FailsOnAClosedDescriptor) {
    Result<bool> outcome = set_nonblocking(12345);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "fcntl F_GETFL: Bad file descriptor");
    EXPECT_EQ(outcome.error().errnum(), EBADF);
}

TEST(SetBlocking, UndoesSetNonblocking) {
    const UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(set_nonblocking(fd.get()));
    set_blocking(fd.get());
    EXPECT_EQ(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace net
