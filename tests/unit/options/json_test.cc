// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "fault.h"

namespace qnetdev {
namespace {

TEST(JsonNetdev, ReadsEveryKindOfMember) {
    const auto parsed = parse_netdev(
        R"({"type":"user","id":"a","restrict":true,"ipv6-prefixlen":-1,"dnssearch":[{"str":"x"}]})");
    ASSERT_TRUE(parsed) << parsed.error().message();
    const auto& user = std::get<qapi::NetdevUserOptions>(parsed->netdev.branch);
    EXPECT_EQ(user.restrict_, true);
    EXPECT_EQ(user.ipv6_prefixlen, -1);
    EXPECT_EQ(*user.dnssearch, (std::vector<qapi::String>{{"x"}}));
}

TEST(JsonNetdev, MissesTheIdBeforeTheType) {
    EXPECT_EQ(fault("{}"), "'id' is missing [id]");
    EXPECT_EQ(fault(R"({"id":"a"})"), "'type' is missing [type]");
}

TEST(JsonNetdev, AcceptsEmptyLists) {
    EXPECT_EQ(fault(R"({"type":"user","id":"a","dnssearch":[]})"), "accepted");
}

TEST(JsonNetdev, TellsHowToWriteAListOfDescriptors) {
    EXPECT_EQ(fault(R"({"type":"tap","id":"a","fds":["3","4"]})"),
              "'fds' must be a string, not a list [fds] "
              "(write them in one string, with ':' between them)");
}

TEST(JsonNetdev, IsStrictAboutTypes) {
    EXPECT_EQ(fault(R"({"type":"tap","id":"a","queues":"2"})"),
              "'queues' must be an unsigned 32-bit number, not the string '2' [queues] "
              "(write the number without quotes)");
    EXPECT_EQ(fault(R"({"type":"tap","id":"a","queues":2.0})"),
              "'queues' must be an unsigned 32-bit number, not the number 2.0 [queues]");
    EXPECT_EQ(fault(R"({"type":"tap","id":"a","vnet_hdr":"on"})"),
              "'vnet_hdr' must be true or false, not the string 'on' [vnet_hdr] "
              "(write true without quotes)");
    EXPECT_EQ(fault(R"({"type":"tap","id":"a","fd":3})"),
              "'fd' must be a string, not the number 3 [fd] (put it in quotes)");
    EXPECT_EQ(fault(R"({"type":"user","id":"a","dnssearch":["a"]})"),
              "'dnssearch[0]' must be an object, not the string 'a' [dnssearch[0]] "
              "(write {\"str\": \"a\"})");
    EXPECT_EQ(fault(R"({"type":"tap","id":"a","vhost":null})"),
              "'vhost' must be true or false, not null [vhost]");
    EXPECT_EQ(fault(R"({"type":"tap","id":{"x":1}})"), "'id' must be a string, not an object [id]");
}

TEST(JsonNetdev, WrapsNegativesIntoSizesOnly) {
    EXPECT_EQ(fault(R"({"type":"tap","id":"a","sndbuf":-1})"), "accepted");
    EXPECT_EQ(fault(R"({"type":"tap","id":"a","queues":-1})"),
              "'queues' must be an unsigned 32-bit number, not the number -1 [queues]");
}

TEST(JsonNetdev, KnowsNoSugar) {
    EXPECT_EQ(fault(R"({"type":"user","id":"a","ipv6-net":"fec0::/64"})"),
              "'ipv6-net' is not an option of user [ipv6-net]");
}

TEST(JsonNetdev, PointsIntoTheText) {
    EXPECT_EQ(pointed_at(R"({"type":"tap","id":"a","queue":2})"), "\"queue\"");
    EXPECT_EQ(pointed_at(R"({"type":"tap","id":"a","queues":"x"})"), "\"x\"");
    EXPECT_EQ(pointed_at(R"({"type":"tap","id":"a","queues":2)"), "");
}

TEST(JsonNetdev, RefusesBadSyntax) {
    EXPECT_EQ(fault(R"({"type":"tap","id":"a","id":"b"})"),
              "invalid JSON at column 24: the key 'id' stands here a second time [] (a netdev in "
              "JSON is one object: {\"type\":\"tap\",\"id\":\"hn0\"})");
    EXPECT_EQ(fault(R"({"type":"tap"} x)"),
              "invalid JSON at column 16: expected nothing behind the value, not 'x' [] (a netdev "
              "in JSON is one object: {\"type\":\"tap\",\"id\":\"hn0\"})");
}

TEST(JsonNetdev, MustBeAnObject) {
    const auto parsed = parse_netdev_as("[]", NetdevLanguage::json);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message(), "a netdev must be a JSON object");
}

TEST(JsonNetdev, AcceptsSingleQuotes) {
    EXPECT_EQ(parse_netdev("{'type':'tap','id':'a'}")->netdev.id, "a");
}

}  // namespace
}  // namespace qnetdev
