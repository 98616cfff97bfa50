// SPDX-License-Identifier: MIT
#include "net/bridge/scm_rights.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace net {
namespace {

class ScmRights : public ::testing::Test {
protected:
    ScmRights() {
        std::array<int, 2> ends{};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours_ = UniqueFd(ends[0]);
        theirs_ = UniqueFd(ends[1]);
    }
    std::vector<int> copies(std::size_t count) const {
        return std::vector<int>(count, null_.get());
    }

    UniqueFd ours_;
    UniqueFd theirs_;
    const UniqueFd null_{open("/dev/null", O_RDWR | O_CLOEXEC)};
};

TEST_F(ScmRights, CarriesOneDescriptor) {
    ASSERT_TRUE(send_fds(theirs_.get(), copies(1)));
    Result<FdMessage> message = receive_fds(ours_.get());
    ASSERT_TRUE(message);
    ASSERT_EQ(message->fds.size(), 1U);
    EXPECT_FALSE(message->end_of_file);
    EXPECT_FALSE(message->truncated);
    struct stat sent = {};
    struct stat received = {};
    fstat(null_.get(), &sent);
    fstat(message->fds[0].get(), &received);
    EXPECT_EQ(sent.st_rdev, received.st_rdev);
    EXPECT_NE(message->fds[0].get(), null_.get());
}

TEST_F(ScmRights, ReceivesWithCloseOnExec) {
    ASSERT_TRUE(send_fds(theirs_.get(), copies(1)));
    Result<FdMessage> message = receive_fds(ours_.get());
    ASSERT_TRUE(message && message->fds.size() == 1);
    EXPECT_EQ(fcntl(message->fds[0].get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(ScmRights, CarriesAsManyDescriptorsAsTheKernelAllows) {
    ASSERT_TRUE(send_fds(theirs_.get(), copies(253)));
    Result<FdMessage> message = receive_fds(ours_.get());
    ASSERT_TRUE(message);
    EXPECT_EQ(message->fds.size(), 253U);
}

TEST_F(ScmRights, ReceivesDataWithoutDescriptors) {
    ASSERT_EQ(send(theirs_.get(), "x", 1, 0), 1);
    Result<FdMessage> message = receive_fds(ours_.get());
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->fds.empty());
    EXPECT_FALSE(message->end_of_file);
}

TEST_F(ScmRights, TellsTheEndOfFile) {
    theirs_.reset();
    Result<FdMessage> message = receive_fds(ours_.get());
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->end_of_file);
    EXPECT_TRUE(message->fds.empty());
}

TEST_F(ScmRights, DoesNotWait) {
    Result<FdMessage> message = receive_fds(ours_.get());
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().message(), "recvmsg: Resource temporarily unavailable");
    EXPECT_EQ(message.error().errnum(), EAGAIN);
}

TEST_F(ScmRights, OwnsWhatFitsWhenTheProcessRunsOutOfDescriptors) {
    ASSERT_TRUE(send_fds(theirs_.get(), copies(3)));
    rlimit old = {};
    getrlimit(RLIMIT_NOFILE, &old);
    const UniqueFd next(fcntl(null_.get(), F_DUPFD_CLOEXEC, 0));
    const rlimit room_for_one = {static_cast<rlim_t>(next.get()) + 2, old.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &room_for_one), 0);
    Result<FdMessage> message = receive_fds(ours_.get());
    setrlimit(RLIMIT_NOFILE, &old);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->truncated);
    EXPECT_EQ(message->fds.size(), 1U);
}

TEST_F(ScmRights, ReportsAnErrorOfSendmsg) {
    ours_.reset();
    Result<void> outcome = send_fds(theirs_.get(), copies(1));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "sendmsg: Broken pipe");
}

TEST_F(ScmRights, LeavesTheSentDescriptorToTheCaller) {
    ASSERT_TRUE(send_fds(theirs_.get(), copies(1)));
    EXPECT_GE(fcntl(null_.get(), F_GETFD), 0);
}

}  // namespace
}  // namespace net
