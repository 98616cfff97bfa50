// SPDX-License-Identifier: MIT
#include "net/cli/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace qnetdev::cli {
namespace {

/// What the streams are after 0 and 1 were closed: exit statuses, because gtest needs its own.
[[noreturn]] void fill_and_exit() {
    (void)close(STDIN_FILENO);
    (void)close(STDOUT_FILENO);
    char byte = 0;
    const bool filled = fill_standard_streams() && fcntl(STDIN_FILENO, F_GETFD) == 0 &&
                        fcntl(STDOUT_FILENO, F_GETFD) == 0;
    const bool unusable = read(STDIN_FILENO, &byte, 1) < 0 && write(STDOUT_FILENO, &byte, 1) < 0;
    _exit(!filled ? 10 : !unusable ? 11 : 0);
}

TEST(StandardStreams, AreFilledAndStayUnusable) {
    EXPECT_EXIT(fill_and_exit(), ::testing::ExitedWithCode(0), "");
}

TEST(StandardStreams, ThatAreOpenAreLeftAlone) {
    const int next = dup(STDERR_FILENO);
    (void)close(next);
    EXPECT_TRUE(fill_standard_streams());
    const int still_next = dup(STDERR_FILENO);
    EXPECT_EQ(still_next, next);
    (void)close(still_next);
}

}  // namespace
}  // namespace qnetdev::cli
