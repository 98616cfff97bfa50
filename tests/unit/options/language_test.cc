// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "fault.h"

namespace qnetdev {
namespace {

TEST(NetdevLanguage, IsJsonIfTheFirstByteIsABrace) {
    EXPECT_EQ(netdev_language("{"), NetdevLanguage::json);
    EXPECT_EQ(netdev_language(" {"), NetdevLanguage::traditional);
}

TEST(NetdevLanguage, FollowsTheLastType) {
    EXPECT_EQ(netdev_language("stream,id=a"), NetdevLanguage::keyval);
    EXPECT_EQ(netdev_language("id=a,type=dgram"), NetdevLanguage::keyval);
    EXPECT_EQ(netdev_language("tap,type=stream"), NetdevLanguage::keyval);
    EXPECT_EQ(netdev_language("stream,type=tap"), NetdevLanguage::traditional);
    EXPECT_EQ(netdev_language("addr.type=stream"), NetdevLanguage::traditional);
    EXPECT_EQ(netdev_language("stream "), NetdevLanguage::traditional);
    EXPECT_EQ(netdev_language(""), NetdevLanguage::traditional);
}

TEST(NetdevHelp, IsTheEffectiveType) {
    EXPECT_TRUE(is_netdev_help("help"));
    EXPECT_TRUE(is_netdev_help("?"));
    EXPECT_TRUE(is_netdev_help("tap,type=help"));
    EXPECT_FALSE(is_netdev_help("tap,help"));
    EXPECT_FALSE(is_netdev_help("help,type=tap"));
    EXPECT_FALSE(is_netdev_help(""));
    EXPECT_FALSE(is_netdev_help(R"({"type":"help"})"));
}

TEST(DottedKeys, WorkForEveryType) {
    const auto parsed = parse_netdev("user,id=a,hostfwd.1.str=b,hostfwd.0.str=a,restrict=on");
    ASSERT_TRUE(parsed) << parsed.error().message();
    const auto& user = std::get<qapi::NetdevUserOptions>(parsed->netdev.branch);
    ASSERT_EQ(user.hostfwd->size(), 2U);
    EXPECT_EQ((*user.hostfwd)[0].str, "a");
    EXPECT_EQ((*user.hostfwd)[1].str, "b");
    EXPECT_EQ(user.restrict_, true);
}

TEST(DottedKeys, AreNamedAsTypedIfTheyMeanNothing) {
    EXPECT_EQ(fault("socket,id=a,fd=1,sndbuf.x=1"),
              "'sndbuf.x' is not an option of socket [sndbuf.x] (add sndbuf.x=VALUE)");
    EXPECT_EQ(fault("tap,id=a,queues.0=2"),
              "'queues' must be an unsigned 32-bit number and has no options of its own, such as "
              "'queues.0' [queues.0] (add queues.0=VALUE)");
    EXPECT_EQ(fault("user,id=a,hostfwd.0=tcp::1-:2"),
              "'hostfwd.0' takes options of its own ('hostfwd.0.…=…'), not the value "
              "'tcp::1-:2' [hostfwd.0] (add hostfwd.0=VALUE)");
    EXPECT_EQ(pointed_at("socket,id=a,fd=1,sndbuf.x=1"), "sndbuf");
}

TEST(DottedKeys, StillWantAWellFormedId) {
    EXPECT_EQ(fault("user,id=9,hostfwd.0.str=a").substr(0, 40),
              "'id' must be an identifier, not '9' [id]");
}

TEST(DottedKeys, OfAnUnknownTypeChangeNothing) {
    EXPECT_EQ(fault("bogus,id=a,b.c=1"),
              "'type' has no value 'bogus' [type] ('-netdev help' lists the types)");
}

TEST(DottedKeys, ThatAreNoKeyvalStayTraditional) {
    EXPECT_EQ(fault("tap,id=a,vhost,b..c=1"),
              "'b..c' is not an option of tap [b..c] (as nested options they are wrong too: "
              "'vhost' must be followed by '=' and a value)");
}

}  // namespace
}  // namespace qnetdev
