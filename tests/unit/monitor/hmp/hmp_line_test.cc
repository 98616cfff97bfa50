// SPDX-License-Identifier: MIT
#include "net/monitor/hmp/hmp_line.h"

#include <gtest/gtest.h>

namespace qnetdev {
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

TEST(HmpLine, KnowsLinesOfOtherProtocols) {
    for (const std::string_view line :
         {"POST / HTTP/1.1\r", "GET /", "HEAD", "netdev_add /a%20b HTTP/1.0", "quit HTTP/1.1",
          "Host: localhost:4444\r", "content-type: text/plain", "EHLO x", "\x16\x03\x01",
          "help\x7f"}) {
        EXPECT_TRUE(is_foreign_line(line)) << line;
    }
    EXPECT_TRUE(is_foreign_line(std::string_view("help\0", 5)));
}

TEST(HmpLine, TakesCommandsForCommands) {
    for (const std::string_view line :
         {"", " ", "\r", "help", "? info", "Help", "netdev_add tap,id=A,ifname=HTTP/1",
          "netdev_add tap,id=n0,script=/HTTP/1.1", "set_link N0 on\r", "info network \t",
          "netdev_del \xc3\xa4"}) {
        EXPECT_FALSE(is_foreign_line(line)) << line;
    }
}

}  // namespace
}  // namespace qnetdev
