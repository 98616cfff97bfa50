// SPDX-License-Identifier: MIT
#include "net/tap/fd_list.h"

#include <gtest/gtest.h>

#include <climits>
#include <string>

namespace net {
namespace {

using Tokens = std::vector<std::string_view>;

TEST(SplitFdList, SplitsAtColons) {
    EXPECT_EQ(split_fd_list("3"), Tokens{"3"});
    EXPECT_EQ(split_fd_list("3:a:5"), (Tokens{"3", "a", "5"}));
}

TEST(SplitFdList, HasNoTokensForAnEmptyText) {
    EXPECT_EQ(split_fd_list(""), Tokens{});
}

TEST(SplitFdList, IgnoresOneColonAtTheEnd) {
    EXPECT_EQ(split_fd_list("3:4:"), (Tokens{"3", "4"}));
}

TEST(SplitFdList, KeepsEmptyTokensElsewhere) {
    EXPECT_EQ(split_fd_list(":"), Tokens{""});
    EXPECT_EQ(split_fd_list("a::b"), (Tokens{"a", "", "b"}));
    EXPECT_EQ(split_fd_list("3::"), (Tokens{"3", ""}));
    EXPECT_EQ(split_fd_list(":3"), (Tokens{"", "3"}));
}

TEST(ParseFdNumber, ReadsDecimalNumbers) {
    EXPECT_EQ(parse_fd_number("0"), 0);
    EXPECT_EQ(parse_fd_number("42"), 42);
    EXPECT_EQ(parse_fd_number("007"), 7);
    EXPECT_EQ(parse_fd_number(std::to_string(INT_MAX)), INT_MAX);
}

TEST(ParseFdNumber, AllowsLeadingBlanksAndOnePlus) {
    EXPECT_EQ(parse_fd_number(" \t\n\v\f\r3"), 3);
    EXPECT_EQ(parse_fd_number("+3"), 3);
    EXPECT_EQ(parse_fd_number(" +3"), 3);
}

TEST(ParseFdNumber, RefusesEverythingElse) {
    for (const char* token : {"", " ", "-1", "-0", "0x3", "3x", "3 ", "abc", "+", "++3", "+-3",
                              "+ 3", "3.0", "2147483648", "99999999999999999999"}) {
        EXPECT_EQ(parse_fd_number(token), std::nullopt) << "'" << token << "'";
    }
}

TEST(IsFdNumber, LooksAtTheFirstCharacterOnly) {
    EXPECT_TRUE(is_fd_number("3"));
    EXPECT_TRUE(is_fd_number("3x"));
    EXPECT_FALSE(is_fd_number("tap3"));
    EXPECT_FALSE(is_fd_number(" 3"));
    EXPECT_FALSE(is_fd_number(""));
}

}  // namespace
}  // namespace net
