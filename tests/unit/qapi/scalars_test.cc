// SPDX-License-Identifier: MIT
#include "qapi/scalars.h"

#include <gtest/gtest.h>

namespace qnetdev::qapi {
namespace {

using std::nullopt;

TEST(ParseBool, KnowsFourSpellingsEach) {
    for (const char* text : {"on", "yes", "true", "y"}) {
        EXPECT_EQ(parse_bool(text), true) << text;
    }
    for (const char* text : {"off", "no", "false", "n"}) {
        EXPECT_EQ(parse_bool(text), false) << text;
    }
    for (const char* text : {"", "ON", "1", "0", "on ", " on", "enable", "maybe"}) {
        EXPECT_EQ(parse_bool(text), nullopt) << text;
    }
}

TEST(ParseUnsigned, FollowsTheRulesOfC) {
    const auto parse = [](std::string_view text) {
        return parse_unsigned(text, Negative::refused);
    };
    EXPECT_EQ(parse("0"), 0U);
    EXPECT_EQ(parse("42"), 42U);
    EXPECT_EQ(parse("0x2"), 2U);
    EXPECT_EQ(parse("0XfF"), 255U);
    EXPECT_EQ(parse("010"), 8U);
    EXPECT_EQ(parse("+2"), 2U);
    EXPECT_EQ(parse(" \t2"), 2U);
    EXPECT_EQ(parse("18446744073709551615"), UINT64_MAX);
    for (const char* text : {"", " ", "+", "-1", "x", "2k", "2 ", "2.0", "08", "0x", "0xg", "+-2",
                             "+ 2", "1e3", "18446744073709551616", "99999999999999999999"}) {
        EXPECT_EQ(parse(text), nullopt) << text;
    }
}

TEST(ParseUnsigned, CanWrapNegatives) {
    EXPECT_EQ(parse_unsigned("-1", Negative::wraps), UINT64_MAX);
    EXPECT_EQ(parse_unsigned("-18446744073709551615", Negative::wraps), 1U);
    EXPECT_EQ(parse_unsigned("-18446744073709551616", Negative::wraps), nullopt);
}

TEST(ParseSigned, CoversExactly64Bits) {
    EXPECT_EQ(parse_signed("-9223372036854775808"), INT64_MIN);
    EXPECT_EQ(parse_signed("9223372036854775807"), INT64_MAX);
    EXPECT_EQ(parse_signed("-0x10"), -16);
    EXPECT_EQ(parse_signed("-9223372036854775809"), nullopt);
    EXPECT_EQ(parse_signed("9223372036854775808"), nullopt);
    EXPECT_EQ(parse_signed(""), nullopt);
}

TEST(ParseSize, TakesSuffixesInEitherCase) {
    EXPECT_EQ(parse_size("512"), 512U);
    EXPECT_EQ(parse_size("1b"), 1U);
    EXPECT_EQ(parse_size("1k"), 1024U);
    EXPECT_EQ(parse_size("1K"), 1024U);
    EXPECT_EQ(parse_size("2M"), 2U << 20U);
    EXPECT_EQ(parse_size("1g"), 1U << 30U);
    EXPECT_EQ(parse_size("1T"), std::uint64_t{1} << 40U);
    EXPECT_EQ(parse_size("1p"), std::uint64_t{1} << 50U);
    EXPECT_EQ(parse_size("15E"), std::uint64_t{15} << 60U);
    EXPECT_EQ(parse_size("1e"), std::uint64_t{1} << 60U);
}

TEST(ParseSize, TakesFractionsOfASuffix) {
    EXPECT_EQ(parse_size("1.5k"), 1536U);
    EXPECT_EQ(parse_size(".5k"), 512U);
    EXPECT_EQ(parse_size("1.k"), 1024U);
    EXPECT_EQ(parse_size("0.1k"), 102U);
    EXPECT_EQ(parse_size("0.0004k"), 0U);
    EXPECT_EQ(parse_size("0.0005k"), 1U) << "0.512 is rounded";
    EXPECT_EQ(parse_size("0.9999k"), 1024U);
    EXPECT_EQ(parse_size("1.0"), 1U);
    EXPECT_EQ(parse_size("15.5E"), std::uint64_t{31} << 59U);
}

TEST(ParseSize, ReadsHexadecimalWithoutSuffix) {
    EXPECT_EQ(parse_size("0x10"), 16U);
    EXPECT_EQ(parse_size("0x1b"), 27U);
    EXPECT_EQ(parse_size("010"), 10U);
}

TEST(ParseSize, RefusesEverythingElse) {
    for (const char* text : {"",
                             " ",
                             "k",
                             ".",
                             ".k",
                             "-1",
                             "1.5",
                             "1.5b",
                             "1Q",
                             "1e3",
                             "1kk",
                             "1KB",
                             "16E",
                             "18446744073709551616",
                             "99999999999999999999",
                             "0x10k",
                             "0x",
                             "0x1.8",
                             "1 k",
                             "1 "}) {
        EXPECT_EQ(parse_size(text), nullopt) << text;
    }
}

TEST(ParseReal, ReadsPlainNumbersOnly) {
    EXPECT_EQ(parse_real("1.5e2"), 150);
    EXPECT_EQ(parse_real("-2"), -2);
    EXPECT_EQ(parse_real("1x"), nullopt);
    EXPECT_EQ(parse_real(""), nullopt);
    EXPECT_EQ(parse_real("+-1"), nullopt);
}

}  // namespace
}  // namespace qnetdev::qapi
