// SPDX-License-Identifier: MIT
#include "net/monitor/hmp/hmp_line.h"

#include <gtest/gtest.h>

namespace net {
namespace {

TEST(HmpLine, CutsWordsAtBlanks) {
    HmpLine line("  netdev_del \t a1  ");
    EXPECT_EQ(line.raw_word(), "netdev_del");
    EXPECT_EQ(line.so_far(), "  netdev_del");
    EXPECT_EQ(line.word(), "a1");
    EXPECT_TRUE(line.at_end());
    EXPECT_EQ(line.word(), std::nullopt);
}

TEST(HmpLine, QuotesKeepBlanksAndEscapes) {
    HmpLine line(R"("a b" "x\"y\\z" "1\n2")");
    EXPECT_EQ(line.word(), "a b");
    EXPECT_EQ(line.word(), "x\"y\\z");
    EXPECT_EQ(line.word(), "1\n2");
    EXPECT_TRUE(line.at_end());
}

TEST(HmpLine, RefusesUnendedQuotesAndUnknownEscapes) {
    EXPECT_EQ(HmpLine("\"abc").word(), std::nullopt);
    EXPECT_EQ(HmpLine("\"abc\\").word(), std::nullopt);
    EXPECT_EQ(HmpLine("\"a\\qb\"").word(), std::nullopt);
}

TEST(HmpLine, AnEmptyWordInQuotesIsAWord) {
    HmpLine line("\"\"");
    EXPECT_EQ(line.word(), "");
    EXPECT_TRUE(line.at_end());
}

}  // namespace
}  // namespace net
