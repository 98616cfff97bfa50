// SPDX-License-Identifier: MIT
#include "tests/support/json_oracle.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace qnetdev::qapi {
namespace {

using json_oracle::disagreement;

TEST(JsonOracle, AgreesOnEveryKindOfValue) {
    for (const char* text : {
             "null",
             "true",
             "false",
             "0",
             "-0",
             "-1",
             "18446744073709551615",
             "-9223372036854775808",
             "1e3",
             "0.1",
             "-2.5E-3",
             "1E400",
             "1e-400",
             "123456789012345678901234567890",
             "\"\"",
             R"("a\"\\\/\b\f\n\r\tz")",
             R"("\u00e9\ud83d\ude00\u0000")",
             "\"\xc3\xa9\xf0\x9f\x98\x80\x7f\"",
             "[]",
             "{}",
             R"({"b":1,"a":[1,{"c":null}],"":""})",
             " [ 1 , 2 ] \n",
         }) {
        EXPECT_TRUE(parse_json(std::string_view(text)).has_value()) << text;
        EXPECT_EQ(disagreement(text), "") << text;
    }
}

TEST(JsonOracle, AgreesOnWhatIsNoJson) {
    for (const char* text :
         {"",     " ",    "nul",     "True",     "01",          "1.",     ".5",       "+1",
          "-",    "1e",   "\"",      "\"\\x\"",  "\"\\ud83d\"", "\"\n\"", "\"\xff\"", "\"\xc3\"",
          "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",  "{a:1}",  "[1 2]",    "[",
          "]",    "{]",   "1 2",     "// c\n1",  "NaN"}) {
        EXPECT_FALSE(parse_json(std::string_view(text)).has_value()) << text;
        EXPECT_EQ(disagreement(text), "") << text;
    }
}

TEST(JsonOracle, SeesADifference) {
    EXPECT_TRUE(json_oracle::same(parse_json("[1,2]")->root(), {1, 2}));
    EXPECT_FALSE(json_oracle::same(parse_json("[1,2]")->root(), {1}));
    EXPECT_FALSE(json_oracle::same(parse_json("[1,2]")->root(), {1, 2.0}));
    EXPECT_FALSE(json_oracle::same(parse_json("\"a\"")->root(), "b"));
    EXPECT_FALSE(json_oracle::same(parse_json("{'a':1}")->root(), {{"b", 1}}));
    EXPECT_FALSE(json_oracle::accepts_knowingly("[1,]"));
    EXPECT_TRUE(json_oracle::accepts_knowingly("[1e999]"));
}

TEST(JsonOracle, AgreesOnRandomTexts) {
    constexpr std::array<std::string_view, 36> kParts = {
        "{",     "}",       "[",        "]",       ",",    ":",
        "\"",    "\\",      "\\u00e9",  "\\ud83d", "\\n",  "\\ude00",
        "\n",    " ",       "0",        "1",       "-",    "12",
        ".",     "e",       "E+",       "true",    "null", "nul",
        "\"a\"", "\"k\":",  "\xc3\xa9", "\xc3",    "\xff", "{\"a\":1}",
        "[1,2]", "-0.5e-3", "\x7f",     "\"b\":",  "\\/",  "\xef\xbf\xbd",
    };
    std::minstd_rand random(1);
    std::size_t accepted = 0;
    for (int i = 0; i < 40000; ++i) {
        std::string text = i % 3 == 0 ? "\"" : i % 3 == 1 ? "[" : "{\"x\":";
        for (auto parts = random() % 8; parts > 0; --parts) {
            text += kParts[random() % kParts.size()];
        }
        text += i % 3 == 0 ? "\"" : i % 3 == 1 ? "]" : "}";
        accepted += parse_json(std::string_view(text)).has_value() ? 1 : 0;
        ASSERT_EQ(disagreement(text), "") << text;
    }
    EXPECT_GT(accepted, 1000U);
}

}  // namespace
}  // namespace qnetdev::qapi
