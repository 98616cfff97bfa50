// SPDX-License-Identifier: MIT
#include "tests/support/golden.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace net::test {
namespace {

/// A path in the temporary directory that is free again at the end.
class GoldenFile : public ::testing::Test {
protected:
    void SetUp() override { unsetenv("ACCEPT"); }
    void TearDown() override {
        unsetenv("ACCEPT");
        std::remove(path_.c_str());
    }
    void write(const char* text) const { std::ofstream(path_) << text; }

    std::string path_ = ::testing::TempDir() + "golden_test." + std::to_string(getpid());
};

TEST_F(GoldenFile, MatchesTheSameBytes) {
    write("one\ntwo\n");
    EXPECT_TRUE(matches_golden(path_, "one\ntwo\n"));
}

TEST_F(GoldenFile, NamesTheFirstLineThatDiffers) {
    write("one\ntwo\nthree\n");
    EXPECT_EQ(std::string(matches_golden(path_, "one\ntwelve\nthree\n").message()),
              path_ + ":2: expected\n  two\nbut got\n  twelve\n(ACCEPT=1 rewrites the file)");
}

TEST_F(GoldenFile, NoticesAMissingEnd) {
    write("one\ntwo\n");
    EXPECT_FALSE(matches_golden(path_, "one\n"));
}

TEST_F(GoldenFile, FailsWithoutAFile) {
    EXPECT_EQ(std::string(matches_golden(path_, "").message()),
              path_ + ": cannot be read (ACCEPT=1 writes it)");
}

TEST_F(GoldenFile, IsRewrittenOnAccept) {
    write("old");
    setenv("ACCEPT", "1", 1);
    EXPECT_TRUE(matches_golden(path_, "new"));
    unsetenv("ACCEPT");
    EXPECT_TRUE(matches_golden(path_, "new"));
}

}  // namespace
}  // namespace net::test
