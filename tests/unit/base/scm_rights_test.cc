// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "net/base/receive_fds.h"
#include "net/base/send_fds.h"

namespace qnetdev {
namespace {

constexpr char kMarker = 'm';

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

    Result<FdMessage> receive() { return receive_fds(ours_.get(), buffer_); }
    std::string text(const FdMessage& message) const { return {buffer_.data(), message.length}; }

    UniqueFd ours_;
    UniqueFd theirs_;
    std::array<char, 64> buffer_ = {};
    const UniqueFd null_{open("/dev/null", O_RDWR | O_CLOEXEC)};
};

TEST_F(ScmRights, CarriesOneDescriptor) {
    ASSERT_EQ(send_fds(theirs_.get(), kMarker, copies(1)), 0);
    Result<FdMessage> message = receive();
    ASSERT_TRUE(message);
    ASSERT_EQ(message->fds.size(), 1U);
    EXPECT_EQ(message->length, 1U);
    EXPECT_FALSE(message->truncated);
    struct stat sent = {};
    struct stat received = {};
    fstat(null_.get(), &sent);
    fstat(message->fds[0].get(), &received);
    EXPECT_EQ(sent.st_rdev, received.st_rdev);
    EXPECT_NE(message->fds[0].get(), null_.get());
}

TEST_F(ScmRights, ReceivesWithCloseOnExec) {
    ASSERT_EQ(send_fds(theirs_.get(), kMarker, copies(1)), 0);
    Result<FdMessage> message = receive();
    ASSERT_TRUE(message && message->fds.size() == 1);
    EXPECT_EQ(fcntl(message->fds[0].get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(ScmRights, CarriesAsManyDescriptorsAsTheKernelAllows) {
    ASSERT_EQ(send_fds(theirs_.get(), kMarker, copies(kMaxFdsPerMessage)), 0);
    Result<FdMessage> message = receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->fds.size(), 253U);
}

TEST_F(ScmRights, CarriesMoreThanThatInSeveralMessages) {
    std::vector<UniqueFd> many;
    std::vector<int> numbers;
    for (std::size_t i = 0; i < 2 * kMaxFdsPerMessage + 1; ++i) {
        many.emplace_back(fcntl(null_.get(), F_DUPFD_CLOEXEC, 0));
        numbers.push_back(many.back().get());
    }
    ASSERT_EQ(send_fds(theirs_.get(), kMarker, numbers), 0);
    for (const std::size_t count : {kMaxFdsPerMessage, kMaxFdsPerMessage, std::size_t{1}}) {
        Result<FdMessage> message = receive();
        ASSERT_TRUE(message);
        EXPECT_EQ(text(*message), "m");
        EXPECT_EQ(message->fds.size(), count);
        EXPECT_FALSE(message->truncated);
    }
}

TEST_F(ScmRights, KeepsTheOrder) {
    const std::array<int, 3> sent{theirs_.get(), null_.get(), ours_.get()};
    ASSERT_EQ(send_fds(theirs_.get(), kMarker, sent), 0);
    Result<FdMessage> message = receive();
    ASSERT_TRUE(message && message->fds.size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        struct stat before = {};
        struct stat after = {};
        fstat(sent[i], &before);
        fstat(message->fds[i].get(), &after);
        EXPECT_EQ(before.st_ino, after.st_ino);
    }
}

TEST_F(ScmRights, CarriesThemWithTheDataTheyAreSentWith) {
    ASSERT_EQ(send_with_fds(theirs_.get(), "first", {}), 5);
    ASSERT_EQ(send_with_fds(theirs_.get(), "second", copies(2)), 6);
    ASSERT_EQ(send_with_fds(theirs_.get(), "third", copies(1)), 5);
    std::string received;
    std::vector<std::size_t> counts;
    while (received.size() < 16) {
        Result<FdMessage> message = receive();
        ASSERT_TRUE(message);
        received += text(*message);
        counts.push_back(message->fds.size());
    }
    EXPECT_EQ(received, "firstsecondthird");
    // Linux joins the first two: data without descriptors with what follows it.
    EXPECT_EQ(counts, (std::vector<std::size_t>{2, 1}));
}

TEST_F(ScmRights, ReceivesDataWithoutDescriptors) {
    ASSERT_EQ(send(theirs_.get(), "x", 1, 0), 1);
    Result<FdMessage> message = receive();
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->fds.empty());
    EXPECT_EQ(message->length, 1U);
}

TEST_F(ScmRights, TellsTheEndOfFile) {
    theirs_.reset();
    Result<FdMessage> message = receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->length, 0U);
    EXPECT_TRUE(message->fds.empty());
}

TEST_F(ScmRights, DoesNotWait) {
    Result<FdMessage> message = receive();
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().message(), "recvmsg: Resource temporarily unavailable");
    EXPECT_EQ(message.error().errnum(), EAGAIN);
}

TEST_F(ScmRights, OwnsWhatFitsWhenTheProcessRunsOutOfDescriptors) {
    ASSERT_EQ(send_fds(theirs_.get(), kMarker, copies(3)), 0);
    rlimit old = {};
    getrlimit(RLIMIT_NOFILE, &old);
    const UniqueFd next(fcntl(null_.get(), F_DUPFD_CLOEXEC, 0));
    const rlimit room_for_one = {static_cast<rlim_t>(next.get()) + 2, old.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &room_for_one), 0);
    Result<FdMessage> message = receive();
    setrlimit(RLIMIT_NOFILE, &old);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->truncated);
    EXPECT_EQ(message->fds.size(), 1U);
}

TEST_F(ScmRights, ReportsAnErrorOfSendmsg) {
    ours_.reset();
    EXPECT_EQ(send_fds(theirs_.get(), kMarker, copies(1)), EPIPE);
}

TEST_F(ScmRights, LeavesTheSentDescriptorToTheCaller) {
    ASSERT_EQ(send_fds(theirs_.get(), kMarker, copies(1)), 0);
    EXPECT_GE(fcntl(null_.get(), F_GETFD), 0);
}

}  // namespace
}  // namespace qnetdev
