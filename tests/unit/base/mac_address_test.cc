// SPDX-License-Identifier: MIT
#include "net/base/mac_address.h"

#include <gtest/gtest.h>

namespace qnetdev {
namespace {

/// As it is printed, or what is wrong.
std::string mac(std::string_view text) {
    const ParsedMac parsed = parse_mac(text);
    if (!parsed.large_group.empty()) {
        return "large group " + std::string(parsed.large_group);
    }
    return parsed.address ? std::string(format_mac(*parsed.address).view()) : "none";
}

TEST(MacAddress, IsPrintedInTheUsualNotation) {
    EXPECT_EQ(format_mac({}), "00:00:00:00:00:00");
    EXPECT_EQ(format_mac(MacAddress{{0x52, 0x54, 0, 0xab, 0x0c, 0xff}}), "52:54:00:ab:0c:ff");
}

TEST(MacAddress, IsReadFromGroups) {
    EXPECT_EQ(mac("52:54:00:12:34:56"), "52:54:00:12:34:56");
    EXPECT_EQ(mac("52-54:00-Ab:34-5"), "52:54:00:ab:34:05");
    EXPECT_EQ(mac("052:0x54:0X0:+12:\t34: +0x56"), "52:54:00:12:34:56");
    EXPECT_EQ(mac("::1:::"), "00:00:01:00:00:00");
    EXPECT_EQ(mac("ff:ff:ff:ff:ff:ff"), "ff:ff:ff:ff:ff:ff");
}

TEST(MacAddress, IsReadFromANumber) {
    EXPECT_EQ(mac(""), "00:00:00:00:00:00");
    EXPECT_EQ(mac("16777215"), "00:00:00:ff:ff:ff");
    EXPECT_EQ(mac("0xABCDEF"), "00:00:00:ab:cd:ef");
    EXPECT_EQ(mac("010"), "00:00:00:00:00:08");
    EXPECT_EQ(mac(" +5"), "00:00:00:00:00:05");
    EXPECT_EQ(mac("-0"), "00:00:00:00:00:00");
}

TEST(MacAddress, IsNoneOfOtherTexts) {
    for (const char* text : {"16777216", "0x1000000", "-1", "5 ", "08", "0x", "+", " ",
                             "18446744073709551616", "1:2:3:4:5", "1:2:3:4:5:6:7", "1:2:3:4:5:g",
                             "1:2:3:4:5: ", "1:2:3:4:5:6 ", "1:-2:3:4:5:6", "-1:2:3:4:5:6",
                             "0x:2:3:4:5:6", "1.2.3.4.5.6", "10000000000000000:2:3:4:5:6"}) {
        EXPECT_EQ(mac(text), "none") << text;
    }
    EXPECT_EQ(mac(std::string_view("1:2:3:4:5:6\0", 12)), "none");
}

TEST(MacAddress, NamesAGroupThatIsTooLarge) {
    EXPECT_EQ(mac("1:100:3:4:5:6"), "large group 100");
    EXPECT_EQ(mac("1:2:3:4:5:ffffffffffffffff"), "large group ffffffffffffffff");
}

TEST(MacAddress, IsAGroupsByItsFirstBit) {
    EXPECT_TRUE(MacAddress({1}).is_multicast());
    EXPECT_FALSE(MacAddress({0xfe, 1, 1, 1, 1, 1}).is_multicast());
}

}  // namespace
}  // namespace qnetdev
