// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "net/base/subprocess.h"

namespace qnetdev {
namespace {

/// What `ls /proc/self/fd` sees as children of ours do: numbers, one on a line.
std::string fds_of_child(int keep_fd) {
    const auto deadline = Subprocess::Clock::now() + std::chrono::seconds(10);
    Result<Subprocess> child = Subprocess::spawn(
        {"/bin/sh", "-c", "for f in /proc/$$/fd/*; do echo ${f##*/}; done"}, keep_fd, deadline, -1);
    EXPECT_TRUE(child) << child.error().message();
    Result<Subprocess::Event> event = child->wait(deadline, -1, -1);
    EXPECT_TRUE(event && *event == Subprocess::Event::exited);
    return child->output();
}

/// The descriptor at a number of its own, inheritable: nothing but spawn() keeps it from the child.
UniqueFd null_at(int number) {
    const UniqueFd fd(open("/dev/null", O_RDWR | O_CLOEXEC));
    EXPECT_EQ(dup2(fd.get(), number), number);
    return UniqueFd(number);
}

/// The shell has its standard descriptors, and one more while it reads the folder.
constexpr const char* kPlain = "0\n1\n2";

TEST(SubprocessDescriptors, AreTheStandardOnesOnly) {
    const UniqueFd inheritable = null_at(77);
    const UniqueFd high = null_at(1000);
    EXPECT_EQ(fds_of_child(-1).substr(0, 5), kPlain);
    EXPECT_EQ(fds_of_child(-1).find("77"), std::string::npos);
    EXPECT_EQ(fds_of_child(-1).find("1000"), std::string::npos);
}

TEST(SubprocessDescriptors, KeepOneAtItsOwnNumber) {
    const UniqueFd below = null_at(90);
    const UniqueFd kept = null_at(91);
    const UniqueFd above = null_at(92);
    const std::string fds = fds_of_child(91);
    EXPECT_NE(fds.find("91"), std::string::npos) << fds;
    EXPECT_EQ(fds.find("90"), std::string::npos) << fds;
    EXPECT_EQ(fds.find("92"), std::string::npos) << fds;
}

TEST(SubprocessDescriptors, KeepACloseOnExecOneToo) {
    const UniqueFd kept(fcntl(null_at(93).get(), F_DUPFD_CLOEXEC, 94));
    EXPECT_NE(fds_of_child(kept.get()).find(std::to_string(kept.get())), std::string::npos);
    EXPECT_EQ(fcntl(kept.get(), F_GETFD), FD_CLOEXEC);  // ours is as it was
}

TEST(SubprocessDescriptors, StandardInputIsDevNull) {
    const auto deadline = Subprocess::Clock::now() + std::chrono::seconds(10);
    Result<Subprocess> child =
        Subprocess::spawn({"/bin/sh", "-c", "readlink /proc/$$/fd/0"}, -1, deadline, -1);
    ASSERT_TRUE(child);
    ASSERT_TRUE(child->wait(deadline, -1, -1));
    EXPECT_EQ(child->output(), "/dev/null");
}

/// The standard descriptors of this process, closed for a while.
class WithoutStandardOnes {
public:
    WithoutStandardOnes() {
        for (int fd = 0; fd <= 2; ++fd) {
            saved_.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, 200));
            close(fd);
        }
    }
    WithoutStandardOnes(const WithoutStandardOnes&) = delete;
    WithoutStandardOnes& operator=(const WithoutStandardOnes&) = delete;
    ~WithoutStandardOnes() {
        for (int fd = 0; fd <= 2; ++fd) {
            dup2(saved_[static_cast<std::size_t>(fd)].get(), fd);
        }
    }

private:
    std::vector<UniqueFd> saved_ = {};
};

TEST(SubprocessDescriptors, AreTheSameIfWeHaveNoStandardOnes) {
    std::string fds;
    {
        const WithoutStandardOnes closed;
        fds = fds_of_child(-1);
    }
    EXPECT_EQ(fds.substr(0, 5), kPlain);
}

}  // namespace
}  // namespace qnetdev
