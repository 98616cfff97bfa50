// SPDX-License-Identifier: MIT
#include "net/monitor/wire/message_framer.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <string>
#include <vector>

#include "net/base/limits.h"

namespace qnetdev {
namespace {

using namespace std::string_literals;

constexpr const char* kError = "error";

/// The texts of all frames, with "error: …" for what is none.
std::vector<std::string> frames(MessageFramer& framer, std::string_view input) {
    std::vector<std::string> list;
    while (!input.empty()) {
        if (const auto frame = framer.next(input)) {
            list.push_back(frame->error ? "error: " + frame->error->message()
                                        : std::string(frame->text));
        }
    }
    return list;
}

std::vector<std::string> frames(std::string_view input) {
    MessageFramer framer;
    return frames(framer, input);
}

/// The same without the texts of errors, and without blanks, of which a carried message may keep
/// fewer.
std::vector<std::string> forms(std::vector<std::string> list) {
    for (std::string& frame : list) {
        if (frame.starts_with("error: ")) {
            frame = kError;
        } else {
            std::erase_if(frame,
                          [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
        }
    }
    return list;
}

using List = std::vector<std::string>;

TEST(MessageFramer, EndsAMessageWhenItsBracketsBalance) {
    EXPECT_EQ(frames(R"({"a":[1,{}]}{"b":2}[])"), (List{R"({"a":[1,{}]})", R"({"b":2})", "[]"}));
}

TEST(MessageFramer, IgnoresBlanksBetweenMessages) {
    EXPECT_EQ(forms(frames(" \t\r\n{} \n {}\n")), (List{"{}", "{}"}));
}

TEST(MessageFramer, WaitsForTheEndOfTopLevelNumbersAndWords) {
    MessageFramer framer;
    EXPECT_EQ(frames(framer, "12"), List{});
    EXPECT_EQ(forms(frames(framer, " true")), List{"12"});
    EXPECT_EQ(forms(frames(framer, "\n")), List{"true"});
}

TEST(MessageFramer, CountsBracesAndBracketsApart) {
    EXPECT_EQ(frames(R"({"a":[})"), List{});
    EXPECT_EQ(frames(R"({"a":[}])"), List{R"({"a":[}])"});
    EXPECT_EQ(frames("{[}]"), List{"{[}]"});
}

TEST(MessageFramer, EndsAMessageWithABracketTooMany) {
    EXPECT_EQ(frames("}]{}"), (List{"}", "]", "{}"}));
    EXPECT_EQ(frames("[}{}"), (List{"[}", "{}"}));
}

TEST(MessageFramer, LooksAtNoBracketInAString) {
    EXPECT_EQ(frames(R"({"}":'"]\'}'})"), List{R"({"}":'"]\'}'})"});
}

TEST(MessageFramer, ReportsABrokenTokenAtOnceAndDropsItsMessage) {
    MessageFramer framer;
    EXPECT_EQ(forms(frames(framer, R"({"a":@)")), List{kError});
    EXPECT_EQ(forms(frames(framer, "abc \t '\"")), List{}) << "nothing of these ends the recovery";
    EXPECT_EQ(forms(frames(framer, "{}")), List{"{}"});
}

TEST(MessageFramer, ShowsTheBrokenToken) {
    EXPECT_EQ(frames("{\"id\":01"), List{"error: invalid JSON: '01' cannot stand here"});
    EXPECT_EQ(frames("\"query-na\xff"),
              List{"error: invalid JSON: '\"query-na\\xff' cannot stand here"});
}

TEST(MessageFramer, AnswersEveryFFWithOneError) {
    EXPECT_EQ(forms(frames("\xff\xff{}\xff")), (List{kError, kError, "{}", kError}));
    EXPECT_EQ(forms(frames("{\"a\":\"b\xff{}")), (List{kError, "{}"}));
}

TEST(MessageFramer, AnswersAByteOrderMarkWithOneError) {
    EXPECT_EQ(forms(frames("\xef\xbb\xbf{}")), (List{kError, "{}"}));
}

TEST(MessageFramer, RefusesControlCharactersInStrings) {
    for (const std::string& bad : {"\n"s, "\x01"s, "\0"s, "\t"s, "\xfe"s}) {
        EXPECT_EQ(forms(frames("\"a" + bad + "\n{}")), (List{kError, "{}"})) << bad;
        EXPECT_EQ(forms(frames("'\\" + bad + "\n{}")), (List{kError, "{}"})) << bad;
    }
}

TEST(MessageFramer, KnowsTheFormOfNumbers) {
    for (const char* number : {"0", "-0", "10", "-1.5", "0.25", "1e3", "1E+3", "1.5e-10", "0e1"}) {
        EXPECT_EQ(forms(frames(std::string(number) + " ")), List{number});
    }
    for (const char* number : {"01", "-", "1.", "1.e", "1e", "1e+", "--1", "+1", ".5", "-a"}) {
        EXPECT_EQ(forms(frames("[" + std::string(number) + "\n{}")).front(), kError) << number;
    }
}

TEST(MessageFramer, BoundsTheNesting) {
    const std::string deep(limits::kJsonDepth, '[');
    EXPECT_EQ(frames(deep), List{});
    EXPECT_EQ(frames(deep + std::string(limits::kJsonDepth, ']')).size(), 1U);
    const List list = frames(deep + "{");
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0], "error: the JSON message has more than 1024 levels");
}

TEST(MessageFramer, BoundsTheTokens) {
    std::string text = "[";
    while (text.size() < limits::kJsonTokens + 2) {
        text += "1,";
    }
    const List list = frames(text);
    ASSERT_FALSE(list.empty());
    EXPECT_EQ(list[0], "error: the JSON message has more than 2097152 tokens");
}

TEST(MessageFramer, BoundsTheBytesAndForgetsThem) {
    MessageFramer framer;
    EXPECT_EQ(frames(framer, "{\"a\":\""), List{});
    const std::string part(std::size_t{1} << 20, 'x');
    List list;
    for (std::size_t i = 0; i <= limits::kArgumentBytes / part.size() && list.empty(); ++i) {
        list = frames(framer, part);
    }
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0], "error: the JSON message has more than 67108864 bytes");
    EXPECT_EQ(frames(framer, part), List{}) << "the rest is skipped";
    EXPECT_EQ(forms(frames(framer, "\n{}")), List{"{}"});
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(MessageFramer, StaysSmallInAFloodOfBlanks) {
    MessageFramer framer;
    EXPECT_EQ(frames(framer, "{\"a\":"), List{});
    const std::string blanks(std::size_t{1} << 16, ' ');
    const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < 1024; ++i) {
        std::string_view input = blanks;
        ASSERT_FALSE(framer.next(input));
    }
    EXPECT_LT(mallinfo2().uordblks + mallinfo2().hblkhd, before + 65536);
    EXPECT_EQ(forms(frames(framer, "1}")), List{"{\"a\":1}"});
}
#endif

class Splits : public ::testing::TestWithParam<const char*> {};

TEST_P(Splits, AtEveryByteGiveTheSameFrames) {
    const std::string text = GetParam();
    const List whole = frames(text);
    for (std::size_t at = 0; at <= text.size(); ++at) {
        MessageFramer framer;
        List split = frames(framer, std::string(text.substr(0, at)));
        for (std::string& frame : frames(framer, std::string(text.substr(at)))) {
            split.push_back(std::move(frame));
        }
        EXPECT_EQ(forms(split), forms(whole)) << "at " << at;
    }
}

TEST_P(Splits, IntoSingleBytesGiveTheSameFramesAndErrors) {
    MessageFramer framer;
    List split;
    for (const char byte : std::string(GetParam())) {
        for (std::string& frame : frames(framer, std::string(1, byte))) {
            split.push_back(std::move(frame));
        }
    }
    const List whole = frames(GetParam());
    EXPECT_EQ(forms(split), forms(whole));
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (whole[i].starts_with("error: ")) {
            EXPECT_EQ(split[i], whole[i]);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Streams, Splits,
    ::testing::Values(
        R"({"execute":"query-name","arguments":{"a":[1,-2.5e+10,null,true]},"id":"\u00e9\"'x'"})",
        R"({'execute':'a\'b"c','id':[[],{}]} {"execute":"b"}[1]"c" 12 true )",
        "{\"id\":01}{\"a\":-}\n{\"a\":1.}\n{\"a\":1e}\n{}", "{\"a\":\"b\xff{}\xff\xfe{}",
        "\xef\xbb\xbf{\"a\" : \"\xc3\xa9\xf0\x9f\x98\x80\"} \r\n\t {}", "@abc \"def\" {} \x01{}x",
        "{\"a\":[}]{}", "}]{}[}{}", "\"a\nb\"{}", "'\\", "'\\\n{}", "{\"a\"2\"b[[\"}{}",
        "[1\"a  b\"]{}", "[true'x{']{}", "{ \t\"a\"  : [ 1 , 2 ] }  7 "));

}  // namespace
}  // namespace qnetdev
