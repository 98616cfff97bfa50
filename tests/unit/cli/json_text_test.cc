// SPDX-License-Identifier: MIT
#include "net/cli/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "net/base/limits.h"

namespace qnetdev::cli {
namespace {

/// The value as it is written again, or why there is none.
std::string again(std::string_view text) {
    const Result<Json> json = read_json(text);
    return json ? write_json(*json)
                : std::string(stage_name(json.error().stage())) + ": " + json.error().message();
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonText, ReadsAndWritesEveryKindOfValueInItsOrder) {
    EXPECT_EQ(again(R"( {"b": [1, -2, 2.5, true, null], "a": {}, "c": "x\"y"} )"),
              R"({"b":[1,-2,2.5,true,null],"a":{},"c":"x\"y"})");
    EXPECT_EQ(again("[18446744073709551615,-9223372036854775808]"),
              "[18446744073709551615,-9223372036854775808]");
    EXPECT_EQ(again("7"), "7");
}

TEST(JsonText, WritesAsciiWhateverTheBytes) {
    EXPECT_EQ(again("\"\xc3\xa9\\u0000\""), R"("\u00e9\u0000")");
    EXPECT_EQ(write_json(Json("a\xff\x01z")), R"("a\ufffd\u0001z")");
}

TEST(JsonText, TellsWhereItIsNoJson) {
    EXPECT_EQ(again(""), "parse: invalid JSON at column 1");
    EXPECT_EQ(again(R"({"a":1,)"), "parse: invalid JSON at column 8");
    EXPECT_EQ(again(R"({'a':1})"), "parse: invalid JSON at column 2");
    EXPECT_EQ(again("1 2"), "parse: invalid JSON at column 3");
    EXPECT_EQ(again("\"\xff\""), "parse: invalid JSON at column 2");
}

TEST(JsonText, RefusesWhatWouldSilentlyChange) {
    EXPECT_EQ(again(R"([{"a":1,"b":2,"a":3}])"), "parse: the key 'a' stands twice in JSON");
    EXPECT_EQ(again(R"([{"a":1},{"a":2}])"), R"([{"a":1},{"a":2}])");
    EXPECT_EQ(again("[18446744073709551616]"),
              "parse: an integer in JSON has at most 64 bits, but this is 18446744073709551616");
    EXPECT_EQ(again(std::string("7\0 8", 4)), "parse: invalid JSON at column 2");
    EXPECT_EQ(again("[1e400]"), "parse: invalid JSON at column 6");
}

TEST(JsonText, LimitsWhatIsWalkedAndKept) {
    EXPECT_EQ(again(nested(limits::kJsonDepth)), nested(limits::kJsonDepth));
    EXPECT_EQ(again(nested(limits::kJsonDepth + 1)), "parse: JSON nested deeper than 1024 levels");
    EXPECT_EQ(again(std::string(std::size_t{1} << 20, '[')),
              "parse: JSON nested deeper than 1024 levels");
    std::string many = "[0";
    for (std::size_t count = 0; count < limits::kJsonTokens; ++count) {
        many += ",0";
    }
    EXPECT_EQ(again(many + "]"), "parse: JSON of more than 2097152 values");
    EXPECT_EQ(again(std::string(limits::kArgumentBytes + 1, ' ')),
              "parse: JSON of more than 67108864 bytes");
}

/// With a search for each key among those before it, this would take minutes.
TEST(JsonText, TakesManyMembersInLinearTime) {
    std::string text = "{\"\":0";
    for (int count = 0; count < 500'000; ++count) {
        text += ",\"" + std::to_string(count) + "\":0";
    }
    const Result<Json> json = read_json(text + "}");
    ASSERT_TRUE(json) << json.error().message();
    EXPECT_EQ(json->size(), 500'001U);
}

}  // namespace
}  // namespace qnetdev::cli
