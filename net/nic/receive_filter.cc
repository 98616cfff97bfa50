// SPDX-License-Identifier: MIT
#include "net/nic/receive_filter.h"

#include <algorithm>
#include <cstring>

#include "net/nic/virtio_net_header.h"

namespace qnetdev {
namespace {

constexpr std::size_t kAddress = 6;
constexpr std::size_t kTypeOffset = 12;
constexpr std::size_t kTagged = 16;  // both addresses, 0x8100, the tag
constexpr MacAddress kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

bool contains(const std::vector<MacAddress>& table, const MacAddress& mac) {
    return std::find(table.begin(), table.end(), mac) != table.end();
}

ReceiveState state_of(bool none, bool all) {
    if (none) {
        return ReceiveState::none;
    }
    return all ? ReceiveState::all : ReceiveState::normal;
}

}  // namespace

bool ReceiveFilter::accepts_address(const MacAddress& destination, const MacAddress& mac) const {
    if (destination.is_multicast()) {
        if (destination == kBroadcast) {
            return !no_broadcast;
        }
        return !no_multicast &&
               (all_multicast || multicast_overflow || contains(multicast, destination));
    }
    return !no_unicast && (all_unicast || unicast_overflow || destination == mac ||
                           contains(unicast, destination));
}

bool ReceiveFilter::accepts(Frame frame, const MacAddress& mac) const {
    if (promiscuous) {
        return true;
    }
    std::array<std::byte, kTagged> start{};
    const std::size_t count = PieceReader(frame).read(start);
    if (count < kAddress) {
        return false;
    }
    if (count == kTagged && start[kTypeOffset] == std::byte{0x81} &&
        start[kTypeOffset + 1] == std::byte{0x00}) {
        const unsigned vid = std::to_integer<unsigned>(start[14] & std::byte{0x0f}) << 8 |
                             std::to_integer<unsigned>(start[15]);
        if (!vlans.test(vid)) {
            return false;
        }
    }
    MacAddress destination;
    std::memcpy(destination.bytes.data(), start.data(), kAddress);
    return accepts_address(destination, mac);
}

ReceiveState ReceiveFilterDescription::unicast_state() const {
    return state_of(filter.no_unicast, filter.all_unicast);
}

ReceiveState ReceiveFilterDescription::multicast_state() const {
    return state_of(filter.no_multicast, filter.all_multicast);
}

ReceiveState ReceiveFilterDescription::vlan_state() const {
    return state_of(filters_vlans && filter.vlans.none(), !filters_vlans);
}

std::vector<unsigned> ReceiveFilterDescription::vlan_table() const {
    std::vector<unsigned> table;
    for (unsigned vid = 0; filters_vlans && vid < filter.vlans.size(); ++vid) {
        if (filter.vlans.test(vid)) {
            table.push_back(vid);
        }
    }
    return table;
}

std::array<std::byte, kAnnouncementBytes> announcement_frame(const MacAddress& mac) {
    constexpr std::array<std::uint8_t, 10> kReverseRequest{
        0x80, 0x35,        // RARP
        0x00, 0x01,        // Ethernet
        0x08, 0x00, 6, 4,  // asks for an IPv4 address
        0x00, 0x03};       // who has this hardware address
    std::array<std::byte, kAnnouncementBytes> frame{};
    const auto put = [&frame](std::size_t at, const auto& bytes) {
        std::memcpy(frame.data() + at, bytes.data(), bytes.size());
    };
    put(0, kBroadcast.bytes);
    put(kAddress, mac.bytes);
    put(kTypeOffset, kReverseRequest);
    put(22, mac.bytes);  // the sender, behind whom come four bytes of an address not known
    put(32, mac.bytes);  // the target
    return frame;
}

}  // namespace qnetdev
