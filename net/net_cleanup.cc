// SPDX-License-Identifier: MIT
#include "net/base/fd_reaper.h"
#include "net/bridge/rtnetlink.h"
#include "net/netdev.h"
#include "net/tap/tap_group.h"

namespace net {
namespace {

/// Index of the group's interface if deleting it takes nothing away from anybody else.
std::optional<unsigned> deletable_interface(const NetClientGroup& group) {
    const auto* tap = dynamic_cast<const TapGroup*>(&group);
    if (tap == nullptr || !tap->created_interface() || tap->owes_down_script()) {
        return std::nullopt;
    }
    const auto link = find_link(tap->ifname());
    if (!link || !link->has_value()) {
        return std::nullopt;
    }
    const LinkInfo& info = **link;
    if (info.kind != "tun" || info.persistent || info.queues != tap->size()) {
        return std::nullopt;
    }
    return info.index;
}

/// With one interface there is no grace period to share.
constexpr std::size_t kWorthGrouping = 2;

void delete_own_interfaces(NetContext& context) {
    std::vector<unsigned> indices;
    for (const auto& group : context.registry().groups()) {
        if (const std::optional<unsigned> index = deletable_interface(*group)) {
            indices.push_back(*index);
        }
    }
    if (indices.size() < kWorthGrouping) {
        return;
    }
    const Result<void> outcome = delete_links(indices);
    if (!outcome) {
        // Not an error: the last close of each interface deletes it as well, only slower.
        context.log().write(LogLevel::debug, outcome.error().message());
    }
}

}  // namespace

void net_cleanup(NetContext& context, const NetCleanupOptions& options) {
    if (!options.keep_shared) {
        delete_own_interfaces(context);
    }
    NetClientRegistry& registry = context.registry();
    while (!registry.groups().empty()) {
        (void)registry.remove(*registry.groups().back());
    }
    // A down script may take its whole time-out, a close takes milliseconds.
    context.reaper().wait_all();
}

}  // namespace net
