// SPDX-License-Identifier: MIT
#include "net/nic/receive_steering.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/fake_client.h"

namespace qnetdev {
namespace {

using test::TextFrame;

/// The key and flows that Microsoft publishes for checking implementations of receive-side scaling.
constexpr HashKey kKey{0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                       0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                       0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                       0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

std::string hex(std::string_view digits) {
    std::string text;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        text += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    }
    return text;
}

const std::string kPorts = hex("0aea06e6");  // 2794 → 1766

/// 66.9.149.187 → 161.142.100.80, with `fragment` as flags and offset.
std::string ipv4(unsigned protocol, const std::string& fragment = hex("0000")) {
    return std::string(12, 'e') + hex("0800") + hex("4500002800000000").substr(0, 6) + fragment +
           hex("40") + static_cast<char>(protocol) + hex("0000") + hex("420995bb") +
           hex("a18e6450") + kPorts + std::string(16, 'x');
}

const std::string kIpv6Source = hex("3ffe250102001fff0000000000000007");
const std::string kIpv6Destination = hex("3ffe2501020000030000000000000001");

/// 3ffe:2501:200:1fff::7 → 3ffe:2501:200:3::1, behind whose header comes `rest`.
std::string ipv6(unsigned next, const std::string& rest = kPorts + std::string(16, 'x')) {
    return std::string(12, 'e') + hex("86dd") + hex("600000000028") + static_cast<char>(next) +
           hex("40") + kIpv6Source + kIpv6Destination + rest;
}

std::optional<FrameHash> hash(const std::string& frame, std::uint32_t types = kHashTypes) {
    return hash_frame(TextFrame(frame), types, kKey);
}

TEST(Toeplitz, AgreesWithThePublishedValues) {
    EXPECT_EQ(hash(ipv4(6)), (FrameHash{.value = 0x51ccc178, .report = 2}));
    EXPECT_EQ(hash(ipv4(6), hash_ipv4), (FrameHash{.value = 0x323e8fc2, .report = 1}));
    EXPECT_EQ(hash(ipv6(6), hash_tcp6), (FrameHash{.value = 0x40207d3d, .report = 5}));
    EXPECT_EQ(hash(ipv6(6), hash_ipv6), (FrameHash{.value = 0x2cc18cd5, .report = 4}));
}

TEST(HashFrame, TellsProtocolsApartByTheirCode) {
    EXPECT_EQ(hash(ipv4(17))->report, 3);
    EXPECT_EQ(hash(ipv4(1))->report, 1) << "ICMP has no ports";
    EXPECT_EQ(hash(ipv6(17), hash_udp6 | hash_ipv6)->report, 6);
    EXPECT_EQ(hash(ipv6(17), hash_udp_ex)->report, 9);
    EXPECT_EQ(hash(ipv6(6), hash_tcp_ex | hash_tcp6)->report, 8);
    EXPECT_EQ(hash(ipv6(58), hash_ip_ex | hash_ipv6)->report, 7);
}

TEST(HashFrame, HasNothingForWhatTheGuestDoesNotHash) {
    EXPECT_EQ(hash(ipv4(6), hash_udp4 | hash_tcp6), std::nullopt);
    EXPECT_EQ(hash(ipv6(6), hash_ipv4), std::nullopt);
    EXPECT_EQ(hash(std::string(12, 'e') + hex("0806") + std::string(40, 'x')), std::nullopt);
}

TEST(HashFrame, HashesFragmentsByTheirAddressesAlone) {
    EXPECT_EQ(hash(ipv4(6, hex("2000")))->value, 0x323e8fc2U) << "the first of several";
    EXPECT_EQ(hash(ipv4(6, hex("0010")))->value, 0x323e8fc2U) << "a later one";
    EXPECT_EQ(hash(ipv4(6, hex("4000")))->value, 0x51ccc178U) << "only not to be fragmented";
    EXPECT_EQ(hash(ipv6(44, hex("0600000000000000") + kPorts), hash_tcp6 | hash_ipv6)->report, 4);
}

TEST(HashFrame, LooksBehindVlanTags) {
    std::string frame = ipv4(6);
    frame.insert(12, hex("81000005"));
    EXPECT_EQ(hash(frame)->value, 0x51ccc178U);
}

TEST(HashFrame, TakesTheHomeAddressAndTheLastHop) {
    // A destination header of 24 bytes: padding of 4, then the option of 18.
    const std::string options = hex("3a02") + hex("01020000") + hex("c910") + kIpv6Source;
    const std::string plain = ipv6(58, kPorts + std::string(16, 'x'));
    std::string moved = ipv6(60, options + std::string(20, 'x'));
    moved.replace(14 + 8, 16, std::string(16, 's'));  // a care-of address
    EXPECT_EQ(hash(moved, hash_ip_ex)->value, hash(plain, hash_ip_ex)->value);
    EXPECT_NE(hash(moved, hash_ipv6)->value, hash(plain, hash_ipv6)->value);

    std::string routed =
        ipv6(43, hex("3a02020100000000") + kIpv6Destination + std::string(20, 'x'));
    routed.replace(14 + 24, 16, std::string(16, 'h'));
    EXPECT_EQ(hash(routed, hash_ip_ex)->value, hash(plain, hash_ip_ex)->value);
}

TEST(HashFrame, ReadsNoFrameBeyondItsEnd) {
    for (const std::string& whole :
         {ipv4(6), ipv6(6), ipv6(60, hex("3affc9ff") + std::string(400, '\x01')),
          ipv6(43, hex("2bff0201") + std::string(100, '\0')), ipv6(0, std::string(480, '\0'))}) {
        for (std::size_t size = 0; size <= whole.size(); ++size) {
            const std::string cut = whole.substr(0, size);
            (void)hash(std::string(cut.begin(), cut.end()));
        }
    }
    EXPECT_EQ(hash(ipv4(6).substr(0, 14 + 19)), std::nullopt);
    EXPECT_EQ(hash(ipv4(6).substr(0, 14 + 23))->report, 1) << "half of the ports";
}

TEST(Steer, TakesTheEntryOfTheLowBits) {
    const ReceiveSteering steering{.default_queue = 7, .table = {3, 1, 4, 1}};
    EXPECT_EQ(steer(steering, FrameHash{.value = 0x51ccc178}), 3);
    EXPECT_EQ(steer(steering, FrameHash{.value = 0x51ccc17a}), 4);
    EXPECT_EQ(steer(steering, {}), 7);
}

}  // namespace
}  // namespace qnetdev
