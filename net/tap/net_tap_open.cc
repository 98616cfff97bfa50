// SPDX-License-Identifier: MIT
#include <chrono>

#include "net/base/fd_reaper.h"
#include "net/base/limits.h"
#include "net/client/net_context_internals.h"
#include "net/tap/pipeline.h"
#include "net/tap/tap_client.h"
#include "net/tap/tap_open.h"

namespace qnetdev {
namespace {

TapScript make_script(TapBuild& build, const char* option, const std::string& path, int fd) {
    return TapScript{.option = option,
                     .path = path,
                     .ifname = build.group.ifname(),
                     .fd = fd,
                     .timeout = build.context.options().script_timeout,
                     .tracer = build.group.tracer(0)};
}

/// A bridge that is optional is no reason to fail, as in QEMU.
Result<void> settle(TapBuild& build, const ByName& source, Result<void> joined) {
    if (joined || !source.bridge_is_optional) {
        return joined;
    }
    build.context.log().warning("netdev '" + build.group.id() +
                                "': 'br' is left to 'script': " + joined.error().message());
    return {};
}

Result<void> join(TapBuild& build, const ByName& source) {
    Result<JoinedPort> port =
        join_bridge(build.group.ifname(), source.bridge, build.group.tracer(0));
    if (!port) {
        return std::move(port).error();
    }
    build.group.set_bridge_port(*std::move(port));
    return {};
}

/// Once all queues are open: whoever is told of the netdev can send at once.
Result<void> await_bridge(TapBuild& build, const ByName& source) {
    if (!build.group.bridge_port().has_value()) {
        return {};
    }
    return settle(build, source,
                  await_forwarding(*build.group.bridge_port(), build.context.options().cancel_fd,
                                   build.group.tracer()));
}

/// Queue 0 is open: its bridge is joined, the up script runs, and from then on the down
/// script is owed.
Result<void> bring_up(TapBuild& build, const ByName& source, int fd) {
    if (!source.bridge.empty()) {
        NET_TRY(settle(build, source, join(build, source)));
    }
    if (source.script.runs) {
        NET_TRY(run_tap_script(make_script(build, "script", source.script.text, fd),
                               build.context.options().cancel_fd, build.context.log()));
    }
    if (source.downscript.runs) {
        build.group.arm_down_script(make_script(build, "downscript", source.downscript.text, fd));
    }
    return {};
}

/// An interface of that name may be on its way out: re-adding right after a delete must work.
Result<void> await_removal(TapBuild& build, const std::string& ifname) {
    if (ifname.empty() ||
        build.context.internals().reaper().wait_for(ifname, limits::kInterfaceGoneTimeout)) {
        return {};
    }
    return Error("interface '" + ifname + "' is still being removed").with_param("ifname");
}

/// The kernel lets us into everybody's taps if we may administer the network, and spreads the
/// frames over all queues. Asked whoever is the owner: a descriptor is enough to make root that.
void warn_of_other_queues(const TapBuild& build, const TapQueue& first) {
    if (first.other_queues == 0) {
        return;
    }
    const std::string owner =
        first.owner ? "belongs to user " + std::to_string(*first.owner) : "has no owner";
    build.context.log().warning(
        "netdev '" + build.group.id() + "': tap '" + first.ifname + "' existed, " + owner +
        ", and has queues that are not this netdev's (" + std::to_string(first.other_queues) +
        "), which get a part of the frames");
}

/// Queue 0 as the plan says; later ones open the interface that it got, and ask nothing again.
TapOpenOptions open_options(const TapBuild& build, const ByName& source) {
    TapOpenOptions options{.ifname = source.ifname,
                           .vnet_hdr = source.vnet_hdr,
                           .multi_queue = build.plan.queues > 1,
                           .tracer = build.group.tracer(static_cast<unsigned>(build.group.size()))};
    if (build.group.size() > 0) {
        const TapQueue& first = build.group.queue(0).queue();
        options.ifname = first.ifname;
        options.features = first.features;
        options.vnet_hdr = first.vnet_hdr;
        options.macvtap_index = first.macvtap_index;
    }
    return options;
}

}  // namespace

Result<void> net_tap_open_one(TapBuild& build, const ByName& source) {
    const TapOpenOptions options = open_options(build, source);
    TapQueue queue = NET_TRY(tap_open(build.group.tun(build.group.size()), options));
    queue.fresh = queue.macvtap_index == 0;
    if (build.group.size() == 0) {
        NET_TRY(check_vhost_header(build, queue.vnet_hdr));
        warn_of_other_queues(build, queue);
        build.group.set_interface(queue.ifname, queue.fresh);
        NET_TRY(bring_up(build, source, queue.fd.get()));
    }
    return net_tap_fd_init_common(build, std::move(queue));
}

Result<void> net_tap_open(TapBuild& build, const ByName& source) {
    NET_TRY(await_removal(build, source.ifname));
    const unsigned queues = build.plan.queues;
    for (unsigned queue = 0; queue < queues; ++queue) {
        Result<void> outcome = net_tap_open_one(build, source);
        if (!outcome) {
            if (queues == 1 || outcome.error().param() == "br") {
                return outcome;
            }
            return std::move(outcome).error().with_prefix("queue " + std::to_string(queue));
        }
    }
    return await_bridge(build, source);
}

}  // namespace qnetdev
