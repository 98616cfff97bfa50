// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdlib>

#include "net/base/limits.h"
#include "net/bridge/run_helper.h"

namespace qnetdev {
namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text) {
    Result<Words> words = split_helper_command(text);
    EXPECT_TRUE(words) << words.error().message();
    return words ? *std::move(words) : Words();
}

std::string problem(std::string_view text) {
    const Result<Words> words = split_helper_command(text);
    EXPECT_FALSE(words);
    if (words) {
        return {};
    }
    EXPECT_EQ(words.error().param(), "helper");
    return words.error().message();
}

TEST(SplitHelperCommand, TakesATextWithoutBlanksToTheLetter) {
    EXPECT_EQ(split("/opt/h"), Words{"/opt/h"});
    EXPECT_EQ(split("h"), Words{"h"});
    EXPECT_EQ(split("/o'p\"t\\$h;"), Words{"/o'p\"t\\$h;"});
    EXPECT_EQ(split("line\nbreak"), Words{"line\nbreak"});
}

TEST(SplitHelperCommand, SplitsAtBlanksAndTabs) {
    EXPECT_EQ(split("/opt/h --mode\tfast"), (Words{"/opt/h", "--mode", "fast"}));
    EXPECT_EQ(split("  /opt/h  "), Words{"/opt/h"});
}

TEST(SplitHelperCommand, KnowsQuotesAndBackslash) {
    EXPECT_EQ(split("/opt/h 'a b' \"c d\" e\\ f ''"), (Words{"/opt/h", "a b", "c d", "e f", ""}));
}

TEST(SplitHelperCommand, KnowsNothingElseOfAShell) {
    EXPECT_EQ(split("/opt/h $HOME ; true | cat * `id` >x &"),
              (Words{"/opt/h", "$HOME", ";", "true", "|", "cat", "*", "`id`", ">x", "&"}));
}

TEST(SplitHelperCommand, SkipsAComment) {
    EXPECT_EQ(split("/opt/h a#b #c d"), (Words{"/opt/h", "a#b"}));
}

TEST(SplitHelperCommand, LooksAProgramOfSeveralWordsUpInThePath) {
    EXPECT_EQ(split("sh -c true").front().substr(0, 1), "/");
    EXPECT_EQ(split("no-such-program-anywhere -x").front(), "no-such-program-anywhere");
}

TEST(SplitHelperCommand, RefusesAnEmptyText) {
    EXPECT_EQ(problem(""), "'helper' must name a program, but is empty");
}

TEST(SplitHelperCommand, RefusesATextOfBlanks) {
    EXPECT_EQ(problem("  "),
              "helper '  ' cannot be split into words: Text was empty (or contained only "
              "whitespace)");
}

TEST(SplitHelperCommand, RefusesAnOpenQuote) {
    EXPECT_EQ(problem("/opt/h 'a"),
              "helper '/opt/h 'a' cannot be split into words: Text ended before matching quote was "
              "found for '. (The text was \u201c/opt/h 'a\u201d)");
}

TEST(SplitHelperCommand, TakesAsManyWordsAsTheLimit) {
    std::string text = "/opt/h";
    for (std::size_t i = 1; i < limits::kHelperWords; ++i) {
        text += " x";
    }
    EXPECT_EQ(split(text).size(), limits::kHelperWords);
    EXPECT_EQ(problem(text + " x"), "'helper' must have at most 64 words, but has 65");
}

}  // namespace
}  // namespace qnetdev
