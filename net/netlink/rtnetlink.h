// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"

namespace net {

/// What the kernel tells of an interface.
struct LinkInfo {
    unsigned index = 0;
    std::string kind = {};  ///< "tun" for taps, "bridge", "macvtap"; empty for physical ones.
    bool is_tap = false;    ///< A tun device in tap (Ethernet) mode.
    bool multi_queue = false;
    bool persistent = false;
    bool packet_info = false;  ///< A tun device that puts 4 bytes before each frame: no IFF_NO_PI.
    bool is_ethernet = false;  ///< Its frames are; a tap's type can be changed (TUNSETLINK).
    /// Of a tap that belongs to a user or a group: to them alone.
    std::optional<std::uint32_t> owner = {};
    std::optional<std::uint32_t> group = {};
    /// Attached and detached ones of a multi-queue tap; of others the kernel does not tell.
    std::optional<std::uint32_t> queues = {};
};

/// Looks an interface up by name in the caller's network namespace; empty if there is none.
Result<std::optional<LinkInfo>> find_link(std::string_view name);

/// The same for many names, in their order.
Result<std::vector<std::optional<LinkInfo>>> find_links(const std::vector<std::string>& names);

/// Deletes one interface. Needs CAP_NET_ADMIN.
Result<void> delete_link(unsigned index);

/// Deletes interfaces with one request, so that the kernel's ~15 ms grace period is paid once.
///
/// They are put into an interface group of their own first (a number no other interface has).
/// Needs CAP_NET_ADMIN. On failure some may carry that group and all still exist.
Result<void> delete_links(const std::vector<unsigned>& indices);

}  // namespace net
