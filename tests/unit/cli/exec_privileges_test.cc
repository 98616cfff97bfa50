// SPDX-License-Identifier: MIT
#include "net/cli/exec/exec_privileges.h"

#include <gtest/gtest.h>
#include <linux/capability.h>

#include <algorithm>

namespace qnetdev::cli {
namespace {

std::string error(const PrivilegeOptions& options) {
    const Result<Privileges> privileges = resolve_privileges(options);
    return privileges ? "no error" : privileges.error().message();
}

Privileges resolved(const PrivilegeOptions& options) {
    Result<Privileges> privileges = resolve_privileges(options);
    EXPECT_TRUE(privileges) << privileges.error().message();
    return privileges ? *std::move(privileges) : Privileges{};
}

TEST(ExecPrivileges, ChangeNothingUnlessAsked) {
    const Privileges privileges = resolved({});
    EXPECT_FALSE(privileges.uid || privileges.gid || privileges.caps);
    EXPECT_TRUE(privileges.no_new_privs);
    EXPECT_FALSE(privileges.limit_bounding_set);
    EXPECT_FALSE(resolved({.allow_new_privileges = true}).no_new_privs);
}

TEST(ExecPrivileges, ANameBringsItsGroups) {
    const Privileges privileges = resolved({.user = "root"});
    EXPECT_EQ(privileges.uid, 0U);
    EXPECT_EQ(privileges.gid, 0U);
    EXPECT_TRUE(std::find(privileges.groups.begin(), privileges.groups.end(), 0U) !=
                privileges.groups.end());
    ASSERT_TRUE(privileges.caps);
    EXPECT_TRUE(privileges.caps->empty());
    EXPECT_TRUE(privileges.limit_bounding_set);
}

TEST(ExecPrivileges, RootIsBoundedWhateverSetUidProgramsMay) {
    EXPECT_TRUE(resolved({.user = "root", .allow_new_privileges = true}).limit_bounding_set);
    EXPECT_TRUE(resolved({.user = "0:0", .allow_new_privileges = true}).limit_bounding_set);
    EXPECT_FALSE(resolved({.user = "4711:4712", .allow_new_privileges = true}).limit_bounding_set);
}

TEST(ExecPrivileges, AGroupMeansThatGroupAndNoOther) {
    for (const PrivilegeOptions& options :
         {PrivilegeOptions{.user = "4711:4712"}, PrivilegeOptions{.user = "4711", .group = "4712"},
          PrivilegeOptions{.user = "root:4712"}, PrivilegeOptions{.group = "4712"}}) {
        const Privileges privileges = resolved(options);
        EXPECT_EQ(privileges.gid, 4712U);
        EXPECT_EQ(privileges.groups, std::vector<gid_t>{4712});
    }
    EXPECT_EQ(resolved({.group = "root"}).gid, 0U);
    EXPECT_FALSE(resolved({.group = "root"}).uid);
}

TEST(ExecPrivileges, CapabilitiesGoByEitherName) {
    const std::vector<unsigned> expected = {CAP_NET_ADMIN, CAP_SYS_NICE};
    EXPECT_EQ(resolved({.keep_caps = "net_admin,CAP_SYS_NICE"}).caps, expected);
    EXPECT_EQ(resolved({.keep_caps = ""}).caps, std::vector<unsigned>{});
    EXPECT_EQ(resolved({.keep_caps = "none"}).caps, std::vector<unsigned>{});
}

TEST(ExecPrivileges, SetUidProgramsNeedTheBoundingSet) {
    EXPECT_FALSE(resolved({.user = "4711:4712", .allow_new_privileges = true}).limit_bounding_set);
    EXPECT_TRUE(resolved({.user = "root", .keep_caps = "chown", .allow_new_privileges = true})
                    .limit_bounding_set);
}

TEST(ExecPrivileges, SayWhatIsUnknown) {
    EXPECT_EQ(error({.user = "no such user"}), "'--user': there is no user 'no such user'");
    EXPECT_EQ(error({.user = "4711"}), "'--user': there is no user 4711 to tell the group of");
    EXPECT_EQ(error({.user = "root:no-group"}), "'--user': there is no group 'no-group'");
    EXPECT_EQ(error({.group = "no-group"}), "'--group': there is no group 'no-group'");
    EXPECT_EQ(error({.user = ":root"}), "'--user' must name a user before the ':'");
    EXPECT_EQ(error({.user = "root:"}), "'--user' must name a group behind the ':'");
    EXPECT_EQ(error({.user = "root:root", .group = "root"}),
              "'--user' and '--group' both name a group");
    EXPECT_EQ(error({.user = "4294967295:0"}), "'--user': there is no user '4294967295'");
    EXPECT_EQ(error({.keep_caps = "net_admin,fly"}), "'--keep-caps': there is no capability 'fly'");
}

}  // namespace
}  // namespace qnetdev::cli
