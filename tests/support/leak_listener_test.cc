// SPDX-License-Identifier: MIT
#include "tests/support/leak_listener.h"

#include <fcntl.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/unique_fd.h"

namespace qnetdev::test {
namespace {

const ::testing::TestInfo& this_test() {
    return *::testing::UnitTest::GetInstance()->current_test_info();
}

TEST(LeakListener, IsContentWithATestThatCleansUp) {
    LeakListener listener;
    listener.OnTestStart(this_test());
    { const UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }
    listener.OnTestEnd(this_test());
}

TEST(LeakListener, NamesADescriptorThatStaysOpen) {
    LeakListener listener;
    listener.OnTestStart(this_test());
    const UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_NONFATAL_FAILURE(listener.OnTestEnd(this_test()),
                            "leaked descriptor " + std::to_string(fd.get()) + ": /dev/null");
}

TEST(LeakListener, NamesADescriptorThatWasClosed) {
    LeakListener listener;
    UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    listener.OnTestStart(this_test());
    fd.reset();
    EXPECT_NONFATAL_FAILURE(listener.OnTestEnd(this_test()),
                            "closed a descriptor that was not its own");
}

TEST(LeakListener, NoticesADescriptorThatWasReplaced) {
    LeakListener listener;
    const UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const UniqueFd other(open("/dev/zero", O_RDONLY | O_CLOEXEC));
    listener.OnTestStart(this_test());
    ASSERT_EQ(dup3(other.get(), fd.get(), O_CLOEXEC), fd.get());
    EXPECT_NONFATAL_FAILURE(listener.OnTestEnd(this_test()), "/dev/null, by /dev/zero");
}

TEST(LeakListener, NoticesAChild) {
    LeakListener listener;
    listener.OnTestStart(this_test());
    const pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    EXPECT_NONFATAL_FAILURE(listener.OnTestEnd(this_test()), "left a child process behind");
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace qnetdev::test
