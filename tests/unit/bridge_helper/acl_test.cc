// SPDX-License-Identifier: MIT
#include "net/bridge_helper/acl.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace qnetdev::helper {
namespace {

class AclVerdict : public ::testing::Test {
protected:
    AclVerdict() {
        caller_->uid = 1000;
        caller_->gid = 100;
        caller_->groups[0] = 27;
        caller_->group_count = 1;
        caller_->user_file = "/dev/null";
        caller_->group_file = "/dev/null";
        request_.bridge = "br0";
    }

    /// "ok", or the reason.
    std::string verdict(std::initializer_list<std::string_view> lines) {
        Acl acl(*caller_, request_);
        AclPlace place{.file = "f"};
        Refusal why;
        for (const std::string_view line : lines) {
            ++place.line;
            place.text = line;
            AclRule rule;
            if (!parse_acl_line(line, rule, why) || !acl.apply(rule, place, why)) {
                return "line: " + std::string(why.message.view());
            }
        }
        return acl.permits(why) ? "ok" : std::string(why.message.view());
    }

    const std::unique_ptr<Caller> caller_ = std::make_unique<Caller>();
    Arguments request_ = {};
};

TEST_F(AclVerdict, DeniesUnlessARuleAllows) {
    EXPECT_EQ(verdict({}), "no rule allows bridge 'br0' to user 1000");
    EXPECT_EQ(verdict({"allow br0"}), "ok");
    EXPECT_EQ(verdict({"allow br1", "allow br"}), "no rule allows bridge 'br0' to user 1000");
}

TEST_F(AclVerdict, LetsDenyWinWhateverTheOrder) {
    EXPECT_EQ(verdict({"deny br0", "allow all"}),
              "access to bridge 'br0' is denied: f:1: deny br0");
    EXPECT_EQ(verdict({"allow br0", "deny all", "deny br0"}),
              "access to bridge 'br0' is denied: f:2: deny all");
}

TEST_F(AclVerdict, KnowsTheCallersUserAndGroups) {
    EXPECT_EQ(verdict({"allow-user 1000 br0"}), "ok");
    EXPECT_EQ(verdict({"allow-group 100 br0"}), "ok");
    EXPECT_EQ(verdict({"allow-group 27 br0"}), "ok");
    EXPECT_EQ(verdict({"allow-user 27 br0"}), "no rule allows bridge 'br0' to user 1000");
    EXPECT_EQ(verdict({"allow br0", "deny-group 28 br0"}), "ok");
}

TEST_F(AclVerdict, CannotDenySomebodyUnknown) {
    EXPECT_EQ(verdict({"allow br0", "deny-user eve br0"}), "line: unknown user 'eve'");
    EXPECT_EQ(verdict({"allow br0", "deny-user eve br1"}), "ok");  // not about this bridge
    EXPECT_EQ(verdict({"allow br0", "allow-group eve br0"}), "ok");
}

TEST_F(AclVerdict, AllowsNamesOnlyByPattern) {
    request_.ifname = "vm%d";
    EXPECT_EQ(verdict({"allow br0", "ifname br1 *"}),
              "no rule allows '--ifname=vm%d' on bridge 'br0'");
    EXPECT_EQ(verdict({"allow br0", "ifname br0 x* vm*"}), "ok");
}

TEST_F(AclVerdict, GrantsTheLargestNumberOfQueues) {
    request_.queues = 8;
    EXPECT_EQ(verdict({"allow br0", "max-queues br0 4", "max-queues-user 1000 all 8"}), "ok");
    EXPECT_EQ(verdict({"allow br0", "max-queues br0 4", "max-queues-user 5 all 8"}),
              "'--queues=8' is above the limit: f:2: max-queues br0 4");
}

TEST_F(AclVerdict, GrantsOneQueueToEverybodyAndMoreByARule) {
    EXPECT_EQ(verdict({"allow br0"}), "ok");
    request_.queues = 2;
    EXPECT_EQ(verdict({"allow br0", "max-queues br1 8"}),
              "no rule allows '--queues=2' on bridge 'br0'");
    EXPECT_EQ(verdict({"allow br0", "max-queues br0 2"}), "ok");
}

TEST_F(AclVerdict, GrantsTheLargestNumberOfPorts) {
    Acl acl(*caller_, request_);
    EXPECT_EQ(acl.max_ports(), 128U);
    for (const char* line : {"max-ports br0 4", "max-ports-user 1000 all 8", "max-ports br0 2",
                             "max-ports-user 5 br0 16", "max-ports br1 32"}) {
        AclRule rule;
        Refusal why;
        ASSERT_TRUE(parse_acl_line(line, rule, why) && acl.apply(rule, {.text = line}, why));
    }
    EXPECT_EQ(acl.max_ports(), 8U);
}

TEST(AclPattern, KnowsStarAndQuestionMark) {
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_TRUE(matches_pattern("vm*", "vm"));
    EXPECT_TRUE(matches_pattern("a*b*c", "a-b-b-c"));
    EXPECT_TRUE(matches_pattern("v?0", "vm0"));
    EXPECT_FALSE(matches_pattern("", "x"));
    EXPECT_FALSE(matches_pattern("vm?", "vm"));
    EXPECT_FALSE(matches_pattern("a*b*c", "a-c-b"));
    EXPECT_FALSE(matches_pattern("vm[0]", "vm0"));
}

TEST(AclPattern, TakesATemplateOnlyIfEveryNumberFits) {
    EXPECT_TRUE(matches_template("vm*", "vm%d"));
    EXPECT_TRUE(matches_template("*", "%d"));
    EXPECT_TRUE(matches_template("a*z", "a%dz"));
    EXPECT_TRUE(matches_template("abcdefghijklmn?", "abcdefghijklmn%d"));  // longer ones do not fit
    EXPECT_FALSE(matches_template("vm?", "vm%d"));
    EXPECT_FALSE(matches_template("vm0*", "vm%d"));
    EXPECT_FALSE(matches_template("vm1?", "vm%d"));
    EXPECT_FALSE(matches_template("vm%d", "vm%d"));
}

}  // namespace
}  // namespace qnetdev::helper
