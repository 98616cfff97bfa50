// SPDX-License-Identifier: MIT
#include "net/validate/addresses.h"

#include <gtest/gtest.h>

#include "net/validate/rules.h"

namespace qnetdev {
namespace {

std::string normal(std::string_view text) {
    const std::optional<Ipv4> address = parse_ipv4(text);
    return address ? ipv4_text(*address) : "refused";
}

TEST(Inet, ReadsADottedQuad) {
    EXPECT_EQ(normal("10.0.2.15"), "10.0.2.15");
    EXPECT_EQ(normal("0.0.0.0"), "0.0.0.0");
    EXPECT_EQ(normal("255.255.255.255"), "255.255.255.255");
}

TEST(Inet, LetsTheLastPartFillTheRest) {
    EXPECT_EQ(normal("1.2.3"), "1.2.0.3");
    EXPECT_EQ(normal("10.0.521"), "10.0.2.9");
    EXPECT_EQ(normal("10.16777215"), "10.255.255.255");
    EXPECT_EQ(normal("4294967295"), "255.255.255.255");
}

TEST(Inet, ReadsBasePrefixes) {
    EXPECT_EQ(normal("0x0a000209"), "10.0.2.9");
    EXPECT_EQ(normal("0X7F.1"), "127.0.0.1");
    EXPECT_EQ(normal("010.0.0.1"), "8.0.0.1");
}

TEST(Inet, AllowsBlanksBehindTheAddress) {
    EXPECT_EQ(normal("10.0.2.9 \t"), "10.0.2.9");
    EXPECT_EQ(normal("10.0.2.9 x"), "refused");
}

TEST(Inet, RefusesWhatIsNoIpv4Address) {
    for (const char* text : {"",           "x",          ".",         "1.",        "1..2",
                             ".1",         "1.2.3.4.5",  "256.0.0.1", "1.2.3.256", "1.2.65536",
                             "1.16777216", "4294967296", "08",        "0x",        "1.0xg",
                             " 1.2.3.4",   "-1",         "+1",        "1.2.3.4x",  "127.0.0.1:80",
                             "::1"}) {
        EXPECT_EQ(normal(text), "refused") << text;
    }
}

TEST(Inet, ReadsIpv6) {
    EXPECT_TRUE(parse_ipv6("fec0::2"));
    EXPECT_TRUE(parse_ipv6("::"));
    EXPECT_TRUE(parse_ipv6("fec0::1.2.3.4"));
    EXPECT_FALSE(parse_ipv6(""));
    EXPECT_FALSE(parse_ipv6("fec0"));
    EXPECT_FALSE(parse_ipv6("fec0::2%lo"));
    EXPECT_FALSE(parse_ipv6(" ::1"));
    EXPECT_FALSE(parse_ipv6(std::string_view("::1\0x", 5)));
}

TEST(Inet, ComparesPrefixesBitByBit) {
    const Ipv6 a = *parse_ipv6("fec0::");
    EXPECT_TRUE(same_prefix(a, *parse_ipv6("1::"), 0));
    EXPECT_TRUE(same_prefix(a, *parse_ipv6("e000::"), 3));
    EXPECT_FALSE(same_prefix(a, *parse_ipv6("c000::"), 3));
    EXPECT_TRUE(same_prefix(a, *parse_ipv6("fec0::3"), 126));
    EXPECT_FALSE(same_prefix(a, *parse_ipv6("fec0::4"), 126));
    EXPECT_TRUE(same_prefix(a, a, 128));
    EXPECT_FALSE(same_prefix(a, *parse_ipv6("fec0::1"), 128));
}

TEST(Inet, KnowsMulticastGroups) {
    EXPECT_FALSE(is_multicast(*parse_ipv4("223.255.255.255")));
    EXPECT_TRUE(is_multicast(*parse_ipv4("224.0.0.0")));
    EXPECT_TRUE(is_multicast(*parse_ipv4("239.255.255.255")));
    EXPECT_FALSE(is_multicast(*parse_ipv4("240.0.0.0")));
}

std::string user_network(std::string_view text) {
    const Result<Ipv4Network> net = parse_user_network("net", text);
    return net ? network_text(*net) : net.error().message();
}

TEST(UserNetwork, ReadsBitsAndMasks) {
    EXPECT_EQ(user_network("10.0.2.5/24"), "10.0.2.0/24");
    EXPECT_EQ(user_network("10.0.2.5/4"), "0.0.0.0/4");
    EXPECT_EQ(user_network("10.0.2.5/32"), "10.0.2.5/32");
    EXPECT_EQ(user_network("10.0.2.5/ +24"), "10.0.2.0/24");
    EXPECT_EQ(user_network("10.0.2.5/010"), "10.0.0.0/10");
    EXPECT_EQ(user_network("10.0.2.5/255.255.0.0"), "10.0.0.0/16");
    EXPECT_EQ(user_network("10.0.2.5/255.0.255.0"), "10.0.2.0/255.0.255.0");
    EXPECT_EQ(user_network("10.0.2.5/0.0.0.0"), "0.0.0.0/0");
}

TEST(UserNetwork, DerivesTheMaskFromTheAddress) {
    EXPECT_EQ(user_network("10.1.2.3"), "10.0.0.0/8");
    EXPECT_EQ(user_network("127.255.0.0"), "127.0.0.0/8");
    EXPECT_EQ(user_network("172.31.2.3"), "172.16.0.0/12");
    EXPECT_EQ(user_network("172.32.2.3"), "172.32.0.0/16");
    EXPECT_EQ(user_network("191.1.2.3"), "191.1.0.0/16");
    EXPECT_EQ(user_network("192.168.7.1"), "192.168.0.0/16");
    EXPECT_EQ(user_network("198.19.7.1"), "198.18.0.0/15");
    EXPECT_EQ(user_network("200.1.2.35"), "200.1.2.32/28");
    EXPECT_EQ(user_network("230.1.2.3"), "230.1.2.0/24");
    EXPECT_EQ(user_network("255.1.2.3"), "255.1.2.0/24");
}

TEST(UserNetwork, SaysWhatIsWrong) {
    EXPECT_EQ(user_network("foo/33"), "'net' must be an IPv4 network, not 'foo/33'");
    EXPECT_EQ(user_network(""), "'net' must be an IPv4 network, not ''");
    EXPECT_EQ(user_network("/24"), "'net' must be an IPv4 network, not '/24'");
    EXPECT_EQ(user_network("1.2.3.4/3"), "the mask of 'net' must be 4 to 32 bits, but is 3");
    EXPECT_EQ(user_network("1.2.3.4/33"), "the mask of 'net' must be 4 to 32 bits, but is 33");
    EXPECT_EQ(user_network("1.2.3.4/-1"), "the mask of 'net' must be 4 to 32 bits, but is -1");
    EXPECT_EQ(user_network("1.2.3.4/"), "the mask of 'net' must be 4 to 32 bits, but is 0");
    EXPECT_EQ(user_network("1.2.3.4/4294967320"),
              "the mask of 'net' must be 4 to 32 bits, but is 4294967320");
    EXPECT_EQ(user_network("1.2.3.4/24x"),
              "the mask of 'net' must be 4 to 32 or an address, not '24x'");
    EXPECT_EQ(user_network("1.2.3.4/24/8"),
              "the mask of 'net' must be 4 to 32 or an address, not '24/8'");
}

TEST(Rule, ReadsDecimalNumbersOnly) {
    EXPECT_EQ(parse_decimal(" +010"), 10);
    EXPECT_EQ(parse_decimal("-3"), -3);
    EXPECT_EQ(parse_decimal("9223372036854775807"), INT64_MAX);
    for (const char* text :
         {"", " ", "+", "-", "+-3", "--3", "0x10", "1 ", "9223372036854775808"}) {
        EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
    }
}

TEST(Rule, KeepsMessagesPrintable) {
    EXPECT_EQ(in_quotes("a\nb"), "'a\\x0ab'");
    EXPECT_LT(in_quotes(std::string(5000, 'x')).size(), 120U);
}

}  // namespace
}  // namespace qnetdev
