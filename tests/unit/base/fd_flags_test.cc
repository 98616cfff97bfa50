// SPDX-License-Identifier: MIT
#include "net/base/fd_flags.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "net/unique_fd.h"

namespace qnetdev {
namespace {

TEST(SetNonblocking, TellsThatTheDescriptorWasBlockingAndInheritable) {
    const UniqueFd fd(open("/dev/null", O_RDWR));  // NOLINT(android-cloexec-open): the case tested
    Result<FdFlags> before = set_nonblocking(fd.get());
    ASSERT_TRUE(before);
    EXPECT_TRUE(before->blocking);
    EXPECT_TRUE(before->inheritable);
    EXPECT_NE(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
}

TEST(SetNonblocking, TellsThatTheDescriptorNeededNothing) {
    const UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    Result<FdFlags> before = set_nonblocking(fd.get());
    ASSERT_TRUE(before);
    EXPECT_FALSE(before->blocking);
    EXPECT_FALSE(before->inheritable);
}

TEST(SetNonblocking, KeepsTheOtherFlags) {
    const UniqueFd fd(open("/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC));
    ASSERT_TRUE(set_nonblocking(fd.get()));
    EXPECT_NE(fcntl(fd.get(), F_GETFL) & O_APPEND, 0);
}

TEST(SetNonblocking, FailsOnAClosedDescriptor) {
    Result<FdFlags> outcome = set_nonblocking(12345);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "fcntl F_GETFL: Bad file descriptor");
    EXPECT_EQ(outcome.error().errnum(), EBADF);
}

TEST(RestoreFlags, UndoesSetNonblocking) {
    const UniqueFd fd(open("/dev/null", O_RDWR));  // NOLINT(android-cloexec-open): the case tested
    Result<FdFlags> before = set_nonblocking(fd.get());
    ASSERT_TRUE(before);
    restore_flags(fd.get(), *before);
    EXPECT_EQ(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(fcntl(fd.get(), F_GETFD), 0);
}

TEST(RestoreFlags, LeavesAloneWhatWasSetBefore) {
    const UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    Result<FdFlags> before = set_nonblocking(fd.get());
    ASSERT_TRUE(before);
    restore_flags(fd.get(), *before);
    EXPECT_NE(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
}

}  // namespace
}  // namespace qnetdev
