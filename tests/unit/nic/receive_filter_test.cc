// SPDX-License-Identifier: MIT
#include "net/nic/receive_filter.h"

#include "tests/unit/nic/card.h"

namespace qnetdev {
namespace {

using test::bytes;
using test::frame_to;
using test::kCardMac;
using test::mac_text;
using test::TextFrame;

constexpr MacAddress kOther{{0x52, 0x54, 0, 0, 0, 9}};
constexpr MacAddress kGroup{{0x01, 0, 0x5e, 0, 0, 1}};
constexpr MacAddress kAll{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/// Not promiscuous, and without filter for tags.
ReceiveFilter quiet() {
    ReceiveFilter filter;
    filter.promiscuous = false;
    filter.vlans.set();
    return filter;
}

bool accepts(const ReceiveFilter& filter, const std::string& frame) {
    return filter.accepts(TextFrame(frame), kCardMac);
}
bool accepts(const ReceiveFilter& filter, const MacAddress& destination) {
    return accepts(filter, frame_to(destination));
}

std::string tagged(unsigned tag) {
    std::string frame = frame_to(kCardMac, 64, 0x8100);
    frame.replace(14, 2, bytes({tag >> 8, tag & 0xff}));
    return frame;
}

TEST(ReceiveFilter, TakesEverythingAtFirst) {
    EXPECT_TRUE(accepts(ReceiveFilter(), kOther));
    EXPECT_TRUE(accepts(ReceiveFilter(), tagged(5)));
}

TEST(ReceiveFilter, KnowsItsOwnAddressAndThoseOfTheTable) {
    ReceiveFilter filter = quiet();
    EXPECT_TRUE(accepts(filter, kCardMac));
    EXPECT_FALSE(accepts(filter, kOther));
    filter.unicast = {kOther};
    EXPECT_TRUE(accepts(filter, kOther));
}

TEST(ReceiveFilter, KeepsGroupsApartFromSingleAddresses) {
    ReceiveFilter filter = quiet();
    EXPECT_FALSE(accepts(filter, kGroup));
    filter.unicast = {kGroup};
    EXPECT_FALSE(accepts(filter, kGroup));
    filter.multicast = {kGroup, kOther};
    EXPECT_TRUE(accepts(filter, kGroup));
    EXPECT_FALSE(accepts(filter, kOther));
}

TEST(ReceiveFilter, TakesAllOfAKindWhenToldOrWhenTheTableRanOver) {
    for (bool ReceiveFilter::*mode :
         {&ReceiveFilter::all_unicast, &ReceiveFilter::unicast_overflow}) {
        ReceiveFilter filter = quiet();
        filter.*mode = true;
        EXPECT_TRUE(accepts(filter, kOther));
        EXPECT_FALSE(accepts(filter, kGroup));
    }
    for (bool ReceiveFilter::*mode :
         {&ReceiveFilter::all_multicast, &ReceiveFilter::multicast_overflow}) {
        ReceiveFilter filter = quiet();
        filter.*mode = true;
        EXPECT_TRUE(accepts(filter, kGroup));
        EXPECT_FALSE(accepts(filter, kOther));
    }
}

TEST(ReceiveFilter, TakesNoneOfAKindWhateverElseIsSaid) {
    ReceiveFilter filter = quiet();
    filter.all_unicast = filter.all_multicast = true;
    filter.no_unicast = filter.no_multicast = true;
    EXPECT_FALSE(accepts(filter, kCardMac));
    EXPECT_FALSE(accepts(filter, kGroup));
    EXPECT_TRUE(accepts(filter, kAll)) << "a broadcast is neither";
    filter.no_broadcast = true;
    EXPECT_FALSE(accepts(filter, kAll));
}

TEST(ReceiveFilter, LooksAtTagsBeforeAddresses) {
    ReceiveFilter filter = quiet();
    filter.vlans.reset();
    EXPECT_TRUE(accepts(filter, kCardMac)) << "without a tag";
    EXPECT_FALSE(accepts(filter, tagged(5)));
    filter.vlans.set(5);
    EXPECT_TRUE(accepts(filter, tagged(5)));
    EXPECT_TRUE(accepts(filter, tagged(0xe005))) << "the priority is not part of the id";
    EXPECT_FALSE(accepts(filter, tagged(6)));
    filter.promiscuous = true;
    EXPECT_TRUE(accepts(filter, tagged(6)));
}

TEST(ReceiveFilter, DropsWhatIsTooShortForAnAddress) {
    EXPECT_FALSE(accepts(quiet(), mac_text(kCardMac).substr(0, 5)));
    EXPECT_TRUE(accepts(quiet(), mac_text(kCardMac)));
}

TEST(ReceiveFilter, ReadsAnAddressThatLiesInPieces) {
    std::string frame = frame_to(kCardMac);
    std::vector<iovec> pieces;
    for (char& byte : frame) {
        pieces.push_back({&byte, 1});
    }
    EXPECT_TRUE(quiet().accepts(pieces, kCardMac));
    EXPECT_FALSE(quiet().accepts(pieces, kOther));
}

TEST(ReceiveFilter, IsDescribedByTheStateOfEachKind) {
    ReceiveFilterDescription told{.filter = quiet(), .filters_vlans = true};
    EXPECT_EQ(told.unicast_state(), ReceiveState::normal);
    EXPECT_EQ(told.vlan_state(), ReceiveState::normal);
    EXPECT_EQ(told.vlan_table().size(), 4096U);
    told.filter.no_unicast = told.filter.all_unicast = true;
    told.filter.all_multicast = true;
    told.filter.vlans.reset();
    EXPECT_EQ(told.unicast_state(), ReceiveState::none);
    EXPECT_EQ(told.multicast_state(), ReceiveState::all);
    EXPECT_EQ(told.vlan_state(), ReceiveState::none);
    told.filters_vlans = false;
    EXPECT_EQ(told.vlan_state(), ReceiveState::all);
    EXPECT_TRUE(told.vlan_table().empty());
}

TEST(Announcement, IsAReverseArpOfTheCard) {
    const auto frame = announcement_frame(kCardMac);
    const std::string mac = mac_text(kCardMac);
    const std::string expected = mac_text(kAll) + mac +
                                 bytes({0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3}) + mac +
                                 bytes({0, 0, 0, 0}) + mac + std::string(22, '\0');
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(frame.data()), frame.size()), expected);
    EXPECT_EQ(frame.size(), 60U);
}

}  // namespace
}  // namespace qnetdev
