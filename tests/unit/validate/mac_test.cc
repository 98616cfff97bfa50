// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "findings.h"
#include "net/validate/addresses.h"
#include "net/validate/rules.h"

namespace qnetdev {
namespace {

constexpr MacAddress kUsual{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

MacAddress mac(std::string_view text) {
    const Result<MacAddress> address = parse_card_mac("mac", text);
    EXPECT_TRUE(address) << text;
    return address ? *address : MacAddress{};
}

std::string mac_fault(std::string_view text) {
    const Result<MacAddress> address = parse_card_mac("mac", text);
    return address ? "accepted" : finding(address.error());
}

TEST(Mac, JoinsGroupsByColonsAndDashes) {
    EXPECT_EQ(mac("52:54:00:12:34:56"), kUsual);
    EXPECT_EQ(mac("52-54-00-12-34-56"), kUsual);
    EXPECT_EQ(mac("52:54-00:12-34:56"), kUsual);
}

TEST(Mac, ReadsGroupsByTheRulesOfC) {
    EXPECT_EQ(mac("052:0x54:0:+12: 34:56"), kUsual);
    EXPECT_EQ(mac("aA:bb:CC:dd:ee:ff"), (MacAddress{0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}));
    EXPECT_EQ(mac("52::::1:"), (MacAddress{0x52, 0, 0, 0, 1, 0}));
    EXPECT_EQ(mac(":::::"), MacAddress{});
}

TEST(Mac, FillsTheLowBytesFromANumber) {
    EXPECT_EQ(mac("0x123456"), (MacAddress{0, 0, 0, 0x12, 0x34, 0x56}));
    EXPECT_EQ(mac("16777215"), (MacAddress{0, 0, 0, 0xff, 0xff, 0xff}));
    EXPECT_EQ(mac("010"), (MacAddress{0, 0, 0, 0, 0, 8}));
    EXPECT_EQ(mac(" 5"), (MacAddress{0, 0, 0, 0, 0, 5}));
    EXPECT_EQ(mac(""), MacAddress{});
}

TEST(Mac, RefusesOtherText) {
    EXPECT_EQ(mac_fault("x"),
              "'mac' must be an Ethernet address, not 'x' [mac] "
              "(write six groups of hexadecimal digits, such as 52:54:00:12:34:56)");
    for (const char* text :
         {"0x1000000", "-1", "5 ", "08", "525400123456", "52:54:00:12:34", "52:54:00:12:34:5g",
          "52:54:00:12:34:56:", "52:54:00:12:34:56:78", "52.54.00.12.34.56", "52:54:00:12:34:56 ",
          "--ff-00-52-02", "-ff-00-52-02-03", "52-54-00--12-34", "0x:54:00:12:34:56"}) {
        EXPECT_TRUE(mac_fault(text).starts_with("'mac' must be an Ethernet address")) << text;
    }
}

TEST(Mac, RefusesGroupsThatWouldBeCut) {
    EXPECT_EQ(mac_fault("152:54:00:12:34:56"),
              "'mac' has the group '152', which is above ff [mac]");
    EXPECT_EQ(mac_fault("52:54:00:12:34:156"),
              "'mac' has the group '156', which is above ff [mac]");
    EXPECT_EQ(mac_fault("52:54:00:12:34:0ff"), "accepted");
}

TEST(Mac, RefusesMulticastAddresses) {
    EXPECT_EQ(mac_fault("53:54:00:12:34:56"),
              "'mac' must not be a multicast address, as '53:54:00:12:34:56' is [mac] "
              "(the first byte of a card's address is even)");
    EXPECT_NE(mac_fault("ff:ff:ff:ff:ff:ff"), "accepted");
    EXPECT_EQ(mac_fault("00:00:00:00:00:00"), "accepted");
}

std::string judge_net(std::string_view argument) {
    const auto parsed = parse_net(argument);
    return parsed && parsed->netdev
               ? findings(validate_netdev(*parsed->netdev, NetdevOrigin::net_option).broken)
               : "cannot be parsed";
}

std::string judge_card(std::string_view argument) {
    const auto parsed = parse_nic(argument);
    return parsed ? findings(validate_nic_card(*parsed)) : "cannot be parsed";
}

TEST(Nic, ChecksTheAddressBeforeTheVectors) {
    EXPECT_EQ(judge_net("nic"), "");
    EXPECT_EQ(judge_net("nic,macaddr=53:0:0:0:0:0,vectors=134217728"),
              "'macaddr' must not be a multicast address, as '53:0:0:0:0:0' is [macaddr] "
              "(the first byte of a card's address is even)\n"
              "'vectors' must be at most 134217727, but is 134217728 [vectors]");
    EXPECT_EQ(judge_net("nic,vectors=134217727"), "");
}

TEST(Nic, LeavesModelAndPciAddressToTheMachine) {
    EXPECT_EQ(judge_net("nic,model=,addr=zz"), "");
}

TEST(NicCard, ChecksMac) {
    EXPECT_EQ(judge_card("user,mac=x"),
              "'mac' must be an Ethernet address, not 'x' [mac] "
              "(write six groups of hexadecimal digits, such as 52:54:00:12:34:56)");
    EXPECT_EQ(judge_card("user,mac=5"), "");
    EXPECT_EQ(judge_card("user"), "");
}

TEST(NicCard, LooksAtNothingWithoutABackend) {
    EXPECT_EQ(judge_card("none,mac=x"), "");
}

}  // namespace
}  // namespace qnetdev
