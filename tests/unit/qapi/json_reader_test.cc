// SPDX-License-Identifier: MIT
#include "qapi/json_reader.h"

#include <gtest/gtest.h>

#include "net/base/limits.h"
#include "qapi/json_writer.h"

namespace qnetdev::qapi {
namespace {

std::string round_trip(std::string_view text) {
    const auto document = parse_json(text);
    return document ? to_json(document->root()) : document.error().message();
}

std::string message(std::string_view text) {
    const auto document = parse_json(text);
    return document ? "accepted" : document.error().message();
}

TEST(JsonReader, ReadsEveryKindOfValue) {
    EXPECT_EQ(round_trip(R"( {"a": [1, -2.5e3, true, false, null, "x"], "b": {}, "c": []} )"),
              R"({"a":[1,-2.5e3,true,false,null,"x"],"b":{},"c":[]})");
}

TEST(JsonReader, FindsTheFirstRepeatedKeyAmongFewAndMany) {
    for (const int count : {2, 3, 9, 10, 11, 40}) {
        std::string text = "{";
        for (int i = 0; i < count; ++i) {
            text += "\"k" + std::to_string(i) + "\":1,";
        }
        EXPECT_EQ(message(text + "\"other\":1}"), "accepted") << count;
        const std::string column = std::to_string(text.size() + 1);
        EXPECT_EQ(message(text + "\"k1\":1,\"k0\":1}"),
                  "invalid JSON at column " + column + ": the key 'k1' stands here a second time")
            << count;
    }
}

TEST(JsonReader, LooksAtEveryByteOfAString) {
    for (const std::size_t at : {1U, 7U, 15U}) {
        std::string plain(16, 'x');
        const auto with = [&](std::string_view part) {
            return "\"" + std::string(plain).replace(at, 1, part) + "\"";
        };
        EXPECT_EQ(round_trip(with("'")), with("'"));
        EXPECT_EQ(round_trip(with("\x7f")), with("\\u007F"));
        EXPECT_EQ(round_trip(with("\\\"")), with("\\\""));
        EXPECT_EQ(round_trip(with("é")), with("\\u00E9"));
        EXPECT_NE(message(with("\t")), "accepted");
        EXPECT_NE(message(with("\xff")), "accepted");
        EXPECT_NE(message(with("\x80")), "accepted");
        EXPECT_NE(message("\"" + plain + "'"), "accepted");
    }
}

TEST(JsonReader, AcceptsStringsInSingleQuotes) {
    EXPECT_EQ(round_trip(R"({'a': 'it\'s "x"'})"), R"({"a":"it's \"x\""})");
}

TEST(JsonReader, ResolvesEscapes) {
    const auto document = parse_json(R"(["\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00"])");
    ASSERT_TRUE(document);
    EXPECT_EQ((*document->root().items().begin()).text(), "\"\\/\b\f\n\r\tAé😀");
}

TEST(JsonReader, KeepsNulAsTwoBytes) {
    const auto document = parse_json(R"("\u0000")");
    ASSERT_TRUE(document);
    EXPECT_EQ(document->root().text(), "\xc0\x80");
}

TEST(JsonReader, KnowsWhereEveryValueStands) {
    const std::string_view text = R"({ "a" : [ 12, "x\n" ] })";
    const auto document = parse_json(text);
    ASSERT_TRUE(document);
    const Value::Entry entry = *document->root().entries().begin();
    EXPECT_EQ(text.substr(entry.key_span.offset, entry.key_span.length), "\"a\"");
    const qnetdev::TextSpan list = entry.value.span();
    EXPECT_EQ(text.substr(list.offset, list.length), "[ 12, \"x\\n\" ]");
    auto item = entry.value.items().begin();
    EXPECT_EQ((*item).span(), (qnetdev::TextSpan{10, 2}));
    EXPECT_EQ((*++item).span(), (qnetdev::TextSpan{14, 5}));
}

TEST(JsonReader, ReadsIntegersOfBothSigns) {
    const auto document = parse_json("[-9223372036854775808, 18446744073709551615, 1e2, 1e400]");
    ASSERT_TRUE(document);
    auto item = document->root().items().begin();
    EXPECT_EQ((*item).as_int64(), INT64_MIN);
    EXPECT_EQ((*item).as_uint64(), std::nullopt);
    EXPECT_EQ((*++item).as_uint64(), UINT64_MAX);
    EXPECT_EQ((*item).as_int64(), std::nullopt);
    EXPECT_EQ((*++item).as_int64(), std::nullopt);
    EXPECT_EQ((*item).as_double(), 100);
    EXPECT_EQ((*++item).as_double(), std::numeric_limits<double>::infinity());
}

TEST(JsonReader, RefusesAKeyGivenTwice) {
    const auto document = parse_json(R"({"a":1,"b":2,"\u0061":3})");
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().message(),
              "invalid JSON at column 14: the key 'a' stands here a second time");
    // Many, so that whatever order they are looked at in, it is not by chance the first.
    for (const char* first : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
        std::string text =
            R"({"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,")" + std::string(first) + "\":2";
        for (const char* later : {"h", "g", "f", "e", "d", "c", "b", "a"}) {
            text += ",\"" + std::string(later) + "\":3";
        }
        text += "}";
        EXPECT_EQ(parse_json(text).error().message(), "invalid JSON at column 50: the key '" +
                                                          std::string(first) +
                                                          "' stands here a second time");
    }
    EXPECT_EQ(document.error().span(), (qnetdev::TextSpan{13, 8}));
    EXPECT_EQ(document.error().stage(), qnetdev::Stage::parse);
}

TEST(JsonReader, AcceptsOneKeyInTwoObjects) {
    EXPECT_EQ(message(R"([{"a":1},{"a":{"a":2}}])"), "accepted");
}

TEST(JsonReader, RefusesASecondValue) {
    EXPECT_EQ(message("{} x"),
              "invalid JSON at column 4: expected nothing behind the value, not 'x'");
    EXPECT_EQ(message(R"({"a":1} // c)"),
              "invalid JSON at column 9: expected nothing behind the value, not '/'");
}

TEST(JsonReader, RefusesACutText) {
    EXPECT_EQ(message(""), "invalid JSON at column 1: the text ends where a value should stand");
    EXPECT_EQ(message(R"({"a":1)"),
              "invalid JSON at column 7: the text ends where ',' or '}' should stand, before the "
              "'{' of column 1 is closed");
    EXPECT_EQ(message(R"(["ab)"),
              "invalid JSON at column 2: the string that starts here has no end");
    EXPECT_EQ(message(R"(["ab\)"),
              "invalid JSON at column 2: the string that starts here has no end");
}

TEST(JsonReader, TellsWhatPeopleGetWrong) {
    EXPECT_EQ(parse_json("[1,]").error().hint(), "drop the ',' before it");
    EXPECT_EQ(parse_json(R"({"a":1,})").error().hint(), "drop the ',' before it");
    const std::string quotes = "a shell takes the quotes away unless the whole is in single quotes";
    EXPECT_EQ(parse_json("{a:1}").error().hint(), quotes);
    EXPECT_EQ(parse_json(R"({"a":b})").error().hint(), quotes);
    EXPECT_EQ(parse_json("{,}").error().hint(), "");
}

TEST(JsonReader, RefusesWrongSeparators) {
    EXPECT_EQ(message("[1 2]"), "invalid JSON at column 4: expected ',' or ']', not '2'");
    EXPECT_EQ(message("[1,]"), "invalid JSON at column 4: expected a value, not ']'");
    EXPECT_EQ(message("[,1]"), "invalid JSON at column 2: expected a value, not ','");
    EXPECT_EQ(message(R"({"a" 1})"), "invalid JSON at column 6: expected ':', not '1'");
    EXPECT_EQ(message(R"({"a":1,})"),
              "invalid JSON at column 8: expected a key in quotes, not '}'");
    EXPECT_EQ(message("{a:1}"), "invalid JSON at column 2: expected a key in quotes, not 'a'");
    EXPECT_EQ(message("[1}"), "invalid JSON at column 3: expected ',' or ']', not '}'");
    EXPECT_EQ(message("]"), "invalid JSON at column 1: expected a value, not ']'");
}

TEST(JsonReader, RefusesWhatIsNoNumber) {
    EXPECT_EQ(message("01"), "invalid JSON at column 1: a number must not begin with 0");
    EXPECT_EQ(message("[-]"), "invalid JSON at column 3: expected a digit, not ']'");
    EXPECT_EQ(message("[1.]"), "invalid JSON at column 4: expected a digit, not ']'");
    EXPECT_EQ(message("[1e+]"), "invalid JSON at column 5: expected a digit, not ']'");
    EXPECT_EQ(message("[0x2]"), "invalid JSON at column 3: expected ',' or ']', not 'x'");
    EXPECT_EQ(message("[+1]"), "invalid JSON at column 2: expected a value, not '+'");
}

TEST(JsonReader, RefusesUnknownWords) {
    EXPECT_EQ(
        message("[tru]"),
        "invalid JSON at column 2: expected true, false, null or a value in quotes, not 'tru'");
    EXPECT_EQ(message("[True]"), "invalid JSON at column 2: expected a value, not 'T'");
}

TEST(JsonReader, RefusesBadStrings) {
    EXPECT_EQ(message("\"a\tb\""),
              "invalid JSON at column 3: a control character in a string must be escaped");
    EXPECT_EQ(message("\"\xff\""), "invalid JSON at column 2: a string must be valid UTF-8");
    EXPECT_EQ(message("\"\xed\xa0\x80\""),
              "invalid JSON at column 2: a string must be valid UTF-8");
    EXPECT_EQ(message("\"\xc3\""), "invalid JSON at column 2: a string must be valid UTF-8");
    EXPECT_EQ(message(R"("\x")"), "invalid JSON at column 2: '\\x' is no escape sequence");
    EXPECT_EQ(message(R"("\u12g4")"),
              "invalid JSON at column 2: '\\u12g4' is no Unicode character");
    EXPECT_EQ(message(R"("\ud800x")"),
              "invalid JSON at column 2: '\\ud800' is no Unicode character");
    EXPECT_EQ(message(R"("\uffff")"),
              "invalid JSON at column 2: '\\uffff' is no Unicode character");
}

TEST(JsonReader, LimitsNesting) {
    const std::size_t depth = qnetdev::limits::kJsonDepth;
    EXPECT_EQ(message(std::string(depth, '[') + std::string(depth, ']')), "accepted");
    EXPECT_EQ(message(std::string(depth + 1, '[')),
              "invalid JSON at column 1025: nested deeper than 1024 levels");
    EXPECT_EQ(message(std::string(1U << 20U, '{')),
              "invalid JSON at column 2: expected a key in quotes, not '{'");
}

TEST(JsonReader, LimitsTokens) {
    std::string text = "[0";
    for (std::size_t i = 0; i < qnetdev::limits::kJsonTokens / 2; ++i) {
        text += ",0";
    }
    EXPECT_EQ(message(text + "]"), "invalid JSON at column 2097154: more than 2097152 tokens");
}

TEST(JsonReader, LimitsLength) {
    EXPECT_EQ(message(std::string(qnetdev::limits::kArgumentBytes + 1, ' ')),
              "the JSON text is longer than 67108864 bytes");
}

TEST(JsonReader, ReadsManyKeysWithoutConfusion) {
    std::string text = "{";
    for (int i = 0; i < 50000; ++i) {
        text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
    }
    const std::string whole = text + "}";
    const auto document = parse_json(whole);
    ASSERT_TRUE(document);
    EXPECT_EQ(document->root().find("k49999").as_int64(), 49999);
    EXPECT_FALSE(document->root().find("k50000"));
    EXPECT_EQ(message(text + ",\"k7\":0}"), "invalid JSON at column " +
                                                std::to_string(text.size() + 2) +
                                                ": the key 'k7' stands here a second time");
}

}  // namespace
}  // namespace qnetdev::qapi
