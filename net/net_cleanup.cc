// SPDX-License-Identifier: MIT
#include <optional>
#include <string>
#include <vector>

#include "net/base/fd_reaper.h"
#include "net/bridge/rtnetlink.h"
#include "net/netdev.h"
#include "net/tap.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tap_group.h"

namespace net {
namespace {

/// With one interface there is no grace period to share.
constexpr std::size_t kWorthGrouping = 2;

/// What the interface is called now, if as far as we know ourselves it is this netdev's alone.
///
/// Its descriptor tells: an interface can be renamed or deleted under us, and another then have the
/// name that it had.
std::optional<std::string> own_interface(TunKernel& kernel, const TapGroup& tap) {
    if (!tap.opened_here() || tap.owes_down_script()) {
        return std::nullopt;
    }
    const Result<std::string> name = tap_fd_get_ifname(kernel, tap_get_fd(tap.client(0)));
    return name ? std::optional(*name) : std::nullopt;
}

/// Whether the kernel agrees: deleting it takes nothing away from anybody else.
bool is_deletable(const TapGroup& tap, const std::optional<LinkInfo>& link) {
    // The only queue of a single-queue interface is ours.
    return link.has_value() && link->kind == "tun" && !link->persistent &&
           (!link->multi_queue || link->queues == tap.size());
}

Result<void> delete_own_interfaces(NetContext& context) {
    std::vector<const TapGroup*> taps;
    std::vector<std::string> names;
    for (const auto& group : context.registry().groups()) {
        const auto* tap = dynamic_cast<const TapGroup*>(group.get());
        if (tap == nullptr) {
            continue;
        }
        if (std::optional<std::string> name = own_interface(context.tun(), *tap)) {
            taps.push_back(tap);
            names.push_back(*std::move(name));
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
        const Result<void> outcome = delete_own_interfaces(context);
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
