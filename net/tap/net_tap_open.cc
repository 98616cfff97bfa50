// SPDX-License-Identifier: MIT
#include <chrono>

#include "net/base/fd_reaper.h"
#include "net/base/limits.h"
#include "net/tap/pipeline.h"
#include "net/tap/tap_client.h"

namespace net {
namespace {

TapScript make_script(TapBuild& build, const char* option, const std::string& path, int fd) {
    return TapScript{.option = option,
                     .path = path,
                     .ifname = build.group.ifname(),
                     .fd = fd,
                     .timeout = build.context.options().script_timeout};
}

/// A script that is given brings the interface up by itself: as in QEMU `br` is then no reason to
/// fail. Without one the bridge is what was asked for.
Result<void> settle(TapBuild& build, Result<void> joined) {
    if (joined || !build.tap->script.has_value()) {
        return joined;
    }
    build.context.log().warning("netdev '" + build.group.id() +
                                "': 'br' is left to 'script': " + joined.error().message());
    return {};
}

Result<void> join(TapBuild& build) {
    Result<JoinedPort> port = join_bridge(build.group.ifname(), build.group.origin().bridge);
    if (!port) {
        return std::move(port).error();
    }
    build.group.set_bridge_port(*std::move(port));
    return {};
}

/// Once all queues are open: whoever is told of the netdev can send at once.
Result<void> await_bridge(TapBuild& build) {
    if (!build.group.bridge_port().has_value()) {
        return {};
    }
    return settle(build,
                  await_forwarding(*build.group.bridge_port(), build.context.options().cancel_fd));
}

/// Queue 0 is open: its bridge is joined, the up script runs, and from then on the down
/// script is owed.
Result<void> bring_up(TapBuild& build, int fd) {
    const TapGroup::Origin& origin = build.group.origin();
    if (!origin.bridge.empty()) {
        NET_TRY(settle(build, join(build)));
    }
    if (names_a_script(origin.script)) {
        NET_TRY(run_tap_script(make_script(build, "script", origin.script, fd),
                               build.context.options().cancel_fd, build.context.log()));
    }
    if (names_a_script(origin.downscript)) {
        build.group.arm_down_script(make_script(build, "downscript", origin.downscript, fd));
    }
    return {};
}

/// An interface of that name may be on its way out: re-adding right after a delete must work.
Result<void> await_removal(TapBuild& build, const std::string& ifname) {
    if (ifname.empty() || build.context.reaper().wait_for(ifname, limits::kInterfaceGoneTimeout)) {
        return {};
    }
    return Error("interface '" + ifname + "' is still being removed").with_param("ifname");
}

}  // namespace

[[gnu::noinline]] Result<void> net_tap_open_one(TapBuild& build, TapOpenOptions& options) {
    TapQueue queue = NET_TRY(tap_open(build.context.tun(), options));
    const bool first = build.group.size() == 0;
    if (first) {
        build.group.set_interface(queue.ifname, queue.macvtap_index == 0);
        // Later queues open the name that the kernel settled on, and need not ask again.
        options.ifname = queue.ifname;
        options.features = queue.features;
        options.vnet_hdr = queue.vnet_hdr;
        options.macvtap_index = queue.macvtap_index;
        NET_TRY(bring_up(build, queue.fd.get()));
    }
    return net_tap_fd_init_common(build,
                                  TapEndpoint{.fd = TapFd::owned(std::move(queue.fd)),
                                              .ifname = std::move(queue.ifname),
                                              .vnet_hdr = queue.vnet_hdr,
                                              .fresh = queue.macvtap_index == 0},
                                  build.tap->vhostfd.value_or(""));
}

Result<void> net_tap_open(TapBuild& build) {
    const unsigned queues = build.tap->queues.value_or(1);
    TapOpenOptions options{.ifname = build.tap->ifname.value_or(""),
                           .vnet_hdr = build.tap->vnet_hdr,
                           .multi_queue = queues > 1};
    NET_TRY(await_removal(build, options.ifname));
    for (unsigned queue = 0; queue < queues; ++queue) {
        Result<void> outcome = net_tap_open_one(build, options);
        if (!outcome) {
            if (queues == 1 || outcome.error().param() == "br") {
                return outcome;
            }
            return std::move(outcome).error().with_prefix("queue " + std::to_string(queue));
        }
    }
    return await_bridge(build);
}

}  // namespace net
