// SPDX-License-Identifier: MIT
#include "net/fd_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace qnetdev {
namespace {

UniqueFd open_null() {
    return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
}

bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

TEST(NamedFds, GivesADescriptorOutOnce) {
    NamedFds fds;
    UniqueFd fd = open_null();
    const int number = fd.get();
    ASSERT_TRUE(fds.add("tap", std::move(fd)));
    EXPECT_TRUE(fds.contains("tap"));
    Result<UniqueFd> taken = fds.take("tap");
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->get(), number);
    EXPECT_FALSE(fds.contains("tap"));
    EXPECT_FALSE(fds.take("tap"));
}

TEST(NamedFds, NamesWhatItDoesNotHave) {
    NamedFds fds;
    Result<UniqueFd> taken = fds.take("tap");
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().message(), "no descriptor named 'tap' has been passed");
    EXPECT_EQ(taken.error().hint(), "pass it with getfd first; a name can be used once");
    EXPECT_EQ(taken.error().stage(), Stage::validate);
}

TEST(NamedFds, ReplacesAndClosesAnEarlierOneOfTheName) {
    NamedFds fds;
    UniqueFd first = open_null();
    UniqueFd second = open_null();
    const int old = first.get();
    const int kept = second.get();
    ASSERT_TRUE(fds.add("tap", std::move(first)));
    ASSERT_TRUE(fds.add("tap", std::move(second)));
    EXPECT_FALSE(is_open(old));
    EXPECT_EQ(fds.take("tap")->get(), kept);
}

TEST(NamedFds, RefusesANameThatReadsAsANumber) {
    NamedFds fds;
    UniqueFd fd = open_null();
    const int number = fd.get();
    Result<void> outcome = fds.add("3tap", std::move(fd));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "'fdname' must not start with a digit, but is '3tap'");
    EXPECT_EQ(outcome.error().param(), "fdname");
    EXPECT_EQ(outcome.error().stage(), Stage::validate);
    EXPECT_FALSE(fds.contains("3tap"));
    EXPECT_FALSE(is_open(number));
}

TEST(NamedFds, ClosesOnRequest) {
    NamedFds fds;
    UniqueFd fd = open_null();
    const int number = fd.get();
    ASSERT_TRUE(fds.add("tap", std::move(fd)));
    EXPECT_TRUE(fds.close("tap"));
    EXPECT_FALSE(is_open(number));
    Result<void> again = fds.close("tap");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message(), "no descriptor named 'tap' has been passed");
}

TEST(NamedFds, ClosesWhatIsLeftAtTheEnd) {
    int number = -1;
    {
        NamedFds fds;
        UniqueFd fd = open_null();
        number = fd.get();
        ASSERT_TRUE(fds.add("tap", std::move(fd)));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(NamedFds, TellsNamesApartToTheLetter) {
    NamedFds fds;
    ASSERT_TRUE(fds.add("tap", open_null()));
    EXPECT_FALSE(fds.contains("Tap"));
    EXPECT_FALSE(fds.contains("tap "));
    EXPECT_FALSE(fds.contains(""));
}

TEST(NamedFds, OwnADescriptorUntilItIsTaken) {
    NamedFds fds;
    UniqueFd fd = open_null();
    const int number = fd.get();
    EXPECT_FALSE(fds.owns(number));
    ASSERT_TRUE(fds.add("tap", std::move(fd)));
    EXPECT_TRUE(fds.owns(number));
    const Result<UniqueFd> taken = fds.take("tap");
    EXPECT_FALSE(fds.owns(number));
}

}  // namespace
}  // namespace qnetdev
