// SPDX-License-Identifier: MIT
#include "net/bridge_helper/caller.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_file.h"

namespace qnetdev::helper {
namespace {

TEST(FindId, ReadsTheThirdFieldOfTheName) {
    const test::TemporaryFile file("passwd", "root:x:0:0::/:/bin/sh\nab:x:7:8\nalice::1000:1\n");
    EXPECT_EQ(find_id(file.path().c_str(), "root"), 0UL);
    EXPECT_EQ(find_id(file.path().c_str(), "alice"), 1000UL);
    EXPECT_EQ(find_id(file.path().c_str(), "ab"), 7UL);
    EXPECT_FALSE(find_id(file.path().c_str(), "a").has_value());
    EXPECT_FALSE(find_id(file.path().c_str(), "").has_value());
}

TEST(FindId, TakesANumberAsItIs) {
    EXPECT_EQ(find_id("/nonexistent", "1234"), 1234UL);
    EXPECT_FALSE(find_id("/nonexistent", "4294967295").has_value());  // "no id" to the kernel
}

TEST(FindId, GivesUpOnWhatIsNoSuchFile) {
    const test::TemporaryFile broken("passwd", "alice:x:0x10:1\nbob\neve:x:\n:x:5:\n");
    for (const char* name : {"alice", "bob", "eve"}) {
        EXPECT_FALSE(find_id(broken.path().c_str(), name).has_value()) << name;
    }
    EXPECT_FALSE(find_id("/nonexistent", "alice").has_value());
    EXPECT_FALSE(find_id("/", "alice").has_value());
}

}  // namespace
}  // namespace qnetdev::helper
