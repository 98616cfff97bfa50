// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "net/options.h"

namespace qnetdev {
namespace {

/// What is said of an argument that cannot be read.
std::string refusal(std::string_view argument) {
    const Result<ParsedNetdev> parsed = parse_netdev(argument);
    return parsed ? "was accepted" : describe(parsed.error(), argument);
}

Error broken(std::string message, std::string param) {
    return Error(std::move(message)).with_stage(Stage::validate).with_param(std::move(param));
}

TEST(Describe, MarksTheBytesAtFaultAndGivesTheHint) {
    EXPECT_EQ(refusal("tap,id=n0,ifnmae=t0"),
              "'ifnmae' is not an option of tap\n"
              "  tap,id=n0,ifnmae=t0\n"
              "            ^~~~~~\n"
              "hint: did you mean 'ifname'?\n");
}

TEST(Describe, FindsTheOptionOfAnErrorThatHasNoPlace) {
    EXPECT_EQ(describe(broken("'queues' must be at least 1, but is 0", "queues"),
                       "tap,id=n0,queues=0,script=no"),
              "'queues' must be at least 1, but is 0\n"
              "  tap,id=n0,queues=0,script=no\n"
              "            ^~~~~~~~\n");
    EXPECT_EQ(describe(broken("no", "queues"), R"({"type":"tap","queues":0})"),
              "no\n"
              "  {\"type\":\"tap\",\"queues\":0}\n"
              "                ^~~~~~~~~~\n");
}

TEST(Describe, PointsBehindTheArgumentForWhatIsMissing) {
    EXPECT_EQ(describe(broken("'br' is missing", "br"), "bridge,id=n0"),
              "'br' is missing\n"
              "  bridge,id=n0\n"
              "              ^\n");
}

TEST(Describe, MarksAllIfNoOptionIsToBlame) {
    EXPECT_EQ(describe(Error("no"), "tap"), "no\n  tap\n  ^~~\n");
}

TEST(Describe, NeedsNoArgument) {
    EXPECT_EQ(describe(Error("cannot").with_hint("try\nagain")), "cannot\nhint: try?again\n");
}

TEST(Describe, ShowsTheSurroundingsInALongArgument) {
    const std::string argument = "tap,id=n0," + std::string(3000, 'x') + "=1,queues=0";
    const std::string text = describe(broken("no", "queues").with_span({3013, 8}), argument);
    EXPECT_LT(text.size(), 400U);
    EXPECT_NE(text.find("x=1,queues=0\n"), text.npos);
}

TEST(Describe, CutsALongMessageBetweenCharacters) {
    std::string message(1999, 'm');
    message += "\u00e4\u00e4";
    EXPECT_EQ(describe(Error(message)), std::string(1999, 'm') + "\u2026\n");
}

}  // namespace
}  // namespace qnetdev
