// SPDX-License-Identifier: MIT
#include "net/bridge_helper/acl_line.h"

#include <gtest/gtest.h>

#include <string>

namespace qnetdev::helper {
namespace {

using Verb = AclRule::Verb;

/// The rule in few words, or why there is none.
std::string read(std::string_view line) {
    AclRule rule;
    Refusal why;
    if (!parse_acl_line(line, rule, why)) {
        return "error: " + std::string(why.message.view());
    }
    const char* verbs[] = {"none", "allow", "deny", "include", "ifname", "mac", "mtu", "queues"};
    const char* subjects[] = {"", "user=", "group="};
    std::string text = verbs[static_cast<int>(rule.verb)];
    text += " " + std::string(subjects[static_cast<int>(rule.subject)]) + std::string(rule.who);
    text += " [" + std::string(rule.bridge) + "] [" + std::string(rule.value) + "]";
    if (rule.high > 0) {
        text += " " + std::to_string(rule.low) + ".." + std::to_string(rule.high);
    }
    return text;
}

TEST(AclLine, SkipsEmptyLinesAndComments) {
    for (const char* line : {"", "   ", "\t\r", "# allow br0", "  #"}) {
        EXPECT_EQ(read(line), "none  [] []") << line;
    }
}

TEST(AclLine, SplitsAtTheFirstSpaceElseAtTheFirstTab) {
    EXPECT_EQ(read("allow br0"), "allow  [br0] []");
    EXPECT_EQ(read("allow\tbr0"), "allow  [br0] []");
    EXPECT_EQ(read("allow \t br0 \r"), "allow  [br0] []");
    EXPECT_EQ(read("allow\tbr0 "), "error: unknown keyword 'allow?br0'");
}

TEST(AclLine, TakesTheRestOfTheLineForAName) {
    EXPECT_EQ(read("deny br0 br1"), "deny  [br0 br1] []");
    EXPECT_EQ(read("allow br0 # mine"), "allow  [br0 # mine] []");
    EXPECT_EQ(read("allow "), "allow  [] []");
    EXPECT_EQ(read("include /a b/c.conf "), "include  [] [/a b/c.conf]");
}

TEST(AclLine, LimitsNamesButNotPaths) {
    EXPECT_EQ(read("allow abcdefghijklmno"), "allow  [abcdefghijklmno] []");
    EXPECT_EQ(read("deny abcdefghijklmnop"),
              "error: the name of a bridge must have at most 15 bytes: 'abcdefghijklmnop'");
    const std::string path(3000, 'x');
    EXPECT_EQ(read("include " + path), "include  [] [" + path + "]");
}

TEST(AclLine, NeedsAKeywordItKnows) {
    EXPECT_EQ(read("allow"), "error: expected a keyword and a blank behind it: 'allow'");
    EXPECT_EQ(read("ALLOW br0"), "error: unknown keyword 'ALLOW'");
    EXPECT_EQ(read(std::string_view("allow br\0000", 10)), "error: a NUL byte in the line");
}

TEST(AclLine, ReadsRulesForUsersAndGroups) {
    EXPECT_EQ(read("allow-user alice br0"), "allow user=alice [br0] []");
    EXPECT_EQ(read("deny-group\t7\tall"), "deny group=7 [all] []");
    EXPECT_EQ(read("allow-user alice"), "error: expected 'allow-user USER BRIDGE'");
    EXPECT_EQ(read("deny-group a b c"), "error: expected 'deny-group GROUP BRIDGE'");
}

TEST(AclLine, ReadsLimits) {
    EXPECT_EQ(read("ifname br0 vm* tap?"), "ifname  [br0] [vm* tap?]");
    EXPECT_EQ(read("mac-user alice all 52:54:*"), "mac user=alice [all] [52:54:*]");
    EXPECT_EQ(read("mtu br0 1280-9000"), "mtu  [br0] [1280-9000] 1280..9000");
    EXPECT_EQ(read("mtu-group 5 br0 1400"), "mtu group=5 [br0] [1400] 1400..1400");
    EXPECT_EQ(read("max-queues br0 8"), "queues  [br0] [8] 0..8");
}

TEST(AclLine, RefusesLimitsThatAreNone) {
    EXPECT_EQ(read("ifname br0"), "error: expected 'ifname BRIDGE PATTERN...'");
    for (const char* line : {"mtu br0 9-1", "mtu br0 -", "mtu br0 1-", "mtu br0 1-2-3",
                             "mtu br0 65536", "mtu br0 +1", "mtu br0"}) {
        EXPECT_EQ(read(line), "error: expected 'mtu BRIDGE MIN-MAX'") << line;
    }
    for (const char* line : {"max-ports br0 0", "max-ports br0 1024", "max-ports br0 x"}) {
        EXPECT_EQ(read(line), "error: expected 'max-ports BRIDGE NUMBER'") << line;
    }
    for (const char* line : {"max-queues br0 0", "max-queues br0 257", "max-queues br0 2 3"}) {
        EXPECT_EQ(read(line), "error: expected 'max-queues BRIDGE NUMBER'") << line;
    }
}

}  // namespace
}  // namespace qnetdev::helper
