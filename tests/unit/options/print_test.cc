// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "fault.h"

namespace qnetdev {
namespace {

qapi::Netdev parsed(std::string_view text) {
    const auto result = parse_netdev(text);
    EXPECT_TRUE(result) << result.error().message();
    return result ? result->netdev : qapi::Netdev{};
}

std::string as_text(std::string_view text) {
    const auto printed = netdev_to_text(parsed(text));
    return printed ? *printed : fault(printed.error());
}

std::string as_json(std::string_view text) {
    const auto printed = netdev_to_json(parsed(text));
    return printed ? *printed : fault(printed.error());
}

TEST(Print, WritesJson) {
    EXPECT_EQ(as_json("tap,id=a,queues=0x2,vhost=yes,sndbuf=1k,ifname=t,,\"0"),
              R"({"id":"a","type":"tap","ifname":"t,\"0","sndbuf":1024,"vhost":true,"queues":2})");
}

TEST(Print, WritesTraditionalText) {
    EXPECT_EQ(as_text(R"({"id":"a","type":"tap","ifname":"x,y","sndbuf":1024,"vhost":false})"),
              "tap,id=a,ifname=x,,y,sndbuf=1024,vhost=off");
}

TEST(Print, RepeatsTheKeyOfAList) {
    EXPECT_EQ(as_text("user,id=a,hostfwd=x,hostfwd=y,,z"), "user,id=a,hostfwd=x,hostfwd=y,,z");
}

TEST(Print, WritesKeyvalForAddresses) {
    EXPECT_EQ(as_text("id=a,type=stream,server=on,addr.type=inet,addr.port=1,addr.host=h"),
              "stream,id=a,addr.type=inet,addr.host=h,addr.port=1,server=on");
}

TEST(Print, IsReadBackToTheSame) {
    for (const char* text :
         {"tap,id=a", "none,id=a", "nic,id=a,vectors=3", "hubport,id=h,hubid=-1",
          "user,id=a,dnssearch=,ipv6-net=fec0::/9",
          "l2tpv3,id=l,src=,dst=,,,txsession=1,txcookie=18446744073709551615",
          "dgram,id=a b,local.type=fd,local.str=7", "af-xdp,id=x,ifname=e,mode=skb",
          R"({"id":"9","type":"stream","addr":{"type":"vsock","cid":"1","port":"\u0000é"}})"}) {
        const qapi::Netdev netdev = parsed(text);
        const auto json = netdev_to_json(netdev);
        ASSERT_TRUE(json) << text;
        EXPECT_EQ(parsed(*json), netdev) << *json;
        const auto words = netdev_to_text(netdev);
        ASSERT_TRUE(words) << text;
        EXPECT_EQ(parsed(*words), netdev) << *words;
    }
}

TEST(Print, RefusesWhatTextCannotSay) {
    EXPECT_EQ(as_text(R"({"id":"a","type":"user","hostfwd":[]})"),
              "'hostfwd' is an empty list, which only JSON can express [hostfwd]");
    EXPECT_EQ(as_text(R"({"id":"9","type":"tap"})").substr(0, 35),
              "'id' must be an identifier, not '9'");
}

TEST(Print, RefusesWhatJsonCannotSay) {
    EXPECT_EQ(as_json("tap,id=a,ifname=\xff"),
              "netdev 'a' has a text that is not UTF-8, which JSON cannot express []");
    EXPECT_EQ(as_text("tap,id=a,ifname=\xff"), "tap,id=a,ifname=\xff");
}

}  // namespace
}  // namespace qnetdev
