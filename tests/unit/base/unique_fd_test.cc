// SPDX-License-Identifier: MIT
#include "net/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <type_traits>
#include <utility>

namespace qnetdev {
namespace {

int open_null() {
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

static_assert(!std::is_convertible_v<int, UniqueFd> && !std::is_convertible_v<UniqueFd, int>);
static_assert(!std::is_copy_constructible_v<UniqueFd> && !std::is_copy_assignable_v<UniqueFd>);
static_assert(std::is_nothrow_move_constructible_v<UniqueFd>);

TEST(UniqueFd, OwnsNothingAtFirst) {
    const UniqueFd fd;
    EXPECT_FALSE(fd);
    EXPECT_EQ(fd.get(), -1);
}

TEST(UniqueFd, ClosesAtTheEndOfItsLife) {
    int number = -1;
    {
        const UniqueFd fd(open_null());
        number = fd.get();
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, IsEmptyAfterAMove) {
    UniqueFd from(open_null());
    const int number = from.get();
    const UniqueFd to(std::move(from));
    EXPECT_EQ(to.get(), number);
    EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move): that is what is tested
}

TEST(UniqueFd, ClosesWhatItHeldWhenItIsAssigned) {
    UniqueFd fd(open_null());
    const int old = fd.get();
    UniqueFd other(open_null());
    const int adopted = other.get();
    fd = std::move(other);
    EXPECT_FALSE(is_open(old));
    EXPECT_EQ(fd.get(), adopted);
    EXPECT_TRUE(is_open(adopted));
}

TEST(UniqueFd, SurvivesAssignmentToItself) {
    UniqueFd fd(open_null());
    UniqueFd& same = fd;
    fd = std::move(same);
    EXPECT_TRUE(is_open(fd.get()));
}

TEST(UniqueFd, KeepsTheDescriptorWhenResetToItsOwnNumber) {
    UniqueFd fd(open_null());
    fd.reset(fd.get());
    EXPECT_TRUE(is_open(fd.get()));
}

TEST(UniqueFd, GivesOwnershipUpOnRelease) {
    UniqueFd fd(open_null());
    const int number = fd.release();
    EXPECT_FALSE(fd);
    EXPECT_TRUE(is_open(number));
    close(number);
}

TEST(UniqueFd, KeepsErrnoWhenItCloses) {
    UniqueFd fd(open_null());
    errno = ENOSPC;
    fd.reset();
    EXPECT_EQ(errno, ENOSPC);
}

TEST(UniqueFdDeathTest, AbortsOnADoubleClose) {
    EXPECT_DEATH(
        {
            UniqueFd fd(open_null());
            close(fd.get());
            fd.reset();
        },
        "");
}

}  // namespace
}  // namespace qnetdev
