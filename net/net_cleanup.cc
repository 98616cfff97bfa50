// SPDX-License-Identifier: MIT
#include <optional>
#include <string>
#include <vector>

#include "net/base/fd_reaper.h"
#include "net/bridge/rtnetlink.h"
#include "net/netdev.h"
#include "net/tap/tap_group.h"

namespace net {
namespace {

/// With one interface there is no grace period to share.
constexpr std::size_t kWorthGrouping = 2;

/// Whether, as far as we know ourselves, the interface is this netdev's alone.
bool is_own_interface(const TapGroup& tap) {
    return tap.opened_here() && !tap.owes_down_script();
}

/// Whether the kernel agrees: deleting it takes nothing away from anybody else.
bool is_deletable(const TapGroup& tap, const std::optional<LinkInfo>& link) {
    return link.has_value() && link->kind == "tun" && !link->persistent &&
           link->queues == tap.size();
}

Result<void> delete_own_interfaces(const NetClientRegistry& registry) {
    std::vector<const TapGroup*> taps;
    std::vector<std::string> names;
    for (const auto& group : registry.groups()) {
        const auto* tap = dynamic_cast<const TapGroup*>(group.get());
        if (tap != nullptr && is_own_interface(*tap)) {
            taps.push_back(tap);
            names.push_back(tap->ifname());
        }
    }
    if (taps.size() < kWorthGrouping) {
        return {};
    }
    const std::vector<std::optional<LinkInfo>> links = NET_TRY(find_links(names));
    std::vector<unsigned> indices;
    for (std::size_t i = 0; i < taps.size(); ++i) {
        if (is_deletable(*taps[i], links[i])) {
            indices.push_back(links[i]->index);
        }
    }
    return indices.size() < kWorthGrouping ? Result<void>() : delete_links(indices);
}

}  // namespace

void net_cleanup(NetContext& context, const NetCleanupOptions& options) {
    NetClientRegistry& registry = context.registry();
    if (options.exclusive) {
        const Result<void> outcome = delete_own_interfaces(registry);
        if (!outcome) {
            // No failure: the last close of each interface deletes it as well, only slower.
            context.log().write(LogLevel::debug, outcome.error().message());
        }
    }
    while (!registry.groups().empty()) {
        (void)registry.remove(*registry.groups().back());
    }
    // A down script may take its whole time-out, a close takes milliseconds.
    context.reaper().wait_all();
}

}  // namespace net
