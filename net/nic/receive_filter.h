// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "net/base/limits.h"
#include "net/base/mac_address.h"
#include "net/net_client.h"

namespace qnetdev {

/// Which frames a card receives, as its guest has set it up. A value: it is saved and restored as
/// it is.
struct ReceiveFilter {
    // What the guest can switch, in the words of virtio-net's control queue.
    bool promiscuous = true;
    bool all_multicast = false;
    bool all_unicast = false;
    bool no_multicast = false;
    bool no_unicast = false;
    bool no_broadcast = false;
    /// The guest wanted more addresses than there is room for: all of that kind pass.
    bool unicast_overflow = false;
    bool multicast_overflow = false;
    /// Together at most limits::kFilterAddresses, oldest first.
    std::vector<MacAddress> unicast = {};
    std::vector<MacAddress> multicast = {};
    std::bitset<limits::kVlans> vlans = {};

    /// `frame`: from its Ethernet header on. `mac`: the card's own address.
    bool accepts(Frame frame, const MacAddress& mac) const;

    bool operator==(const ReceiveFilter&) const = default;

private:
    bool accepts_address(const MacAddress& destination, const MacAddress& mac) const;
};

/// What a card receives of one kind of frames, for queries.
enum class ReceiveState { normal, none, all };

/// The same as ReceiveFilter, as a query tells it.
struct ReceiveFilterDescription {
    MacAddress main_mac = {};
    ReceiveFilter filter = {};
    bool filters_vlans = false;  ///< Otherwise every tag passes.

    ReceiveState unicast_state() const;
    ReceiveState multicast_state() const;
    ReceiveState vlan_state() const;
    /// Ids that pass, ascending; of a card that does not filter, none.
    std::vector<unsigned> vlan_table() const;
};

/// A gratuitous frame (RARP) that tells switches where the address is now.
inline constexpr std::size_t kAnnouncementBytes = 60;
std::array<std::byte, kAnnouncementBytes> announcement_frame(const MacAddress& mac);

}  // namespace qnetdev
