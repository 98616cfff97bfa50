// SPDX-License-Identifier: MIT
#include "net/cli/exec/exec_taps.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "net/base/tracer.h"
#include "net/cli/report.h"
#include "net/client/net_context_internals.h"
#include "net/glib_event_loop.h"
#include "net/net_client_init.h"
#include "net/tap.h"
#include "net/tap/tap_group.h"
#include "net/vhost/vhost_kernel.h"

namespace qnetdev::cli {
namespace {

/// What the pipeline is asked for: the tap itself. The vhost part is the command's to use, ours
/// only to open.
NetdevPlan without_vhost(const NetdevPlan& netdev) {
    NetdevPlan plain = netdev;
    if (auto* tap = std::get_if<TapPlan>(&plain.backend)) {
        tap->vhost.assign(tap->queues, NoVhost{});
    }
    return plain;
}

/// Left as they come: the command becomes the owner.
Result<std::vector<UniqueFd>> open_vhost(NetContext& context, const TapRequest& request) {
    std::vector<UniqueFd> fds;
    for (unsigned queue = 0; request.needs_vhost() && queue < request.queues(); ++queue) {
        TracingVhostKernel kernel(*context.internals().vhost(),
                                  Tracer(context.options().trace, request.plan.id, queue));
        Result<UniqueFd> fd = open_vhost_net(kernel);
        if (!fd) {
            const std::string option(request.tap().vhost_option);
            return std::move(fd).error().with_prefix(option).with_param(option);
        }
        fds.push_back(*std::move(fd));
    }
    return fds;
}

Result<OpenTap> open_tap(NetContext& context, const TapRequest& request) {
    // First, since nobody sees it: a bridge or a script can be seen.
    std::vector<UniqueFd> vhostfds = NET_TRY(open_vhost(context, request));
    OpenTap tap{.id = request.plan.id, .vhostfds = std::move(vhostfds)};
    NET_TRY(carry_out(context, {.plan = without_vhost(request.plan),
                                .description = describe_netdev(request.argument.netdev())}));
    // Only taps are asked for here.
    const auto& group =
        dynamic_cast<const TapGroup&>(*context.registry().find_backend(request.plan.id));
    if (group.size() != request.queues()) {
        return Error("asked for " + std::to_string(request.queues()) + " queues, and got " +
                     std::to_string(group.size()));
    }
    for (std::size_t queue = 0; queue < group.size(); ++queue) {
        tap.fds.push_back(tap_get_fd(group.client(queue)));
    }
    tap.ifname = group.ifname();
    if (const auto& port = group.bridge_port(); port && port->leave) {
        tap.due_bridge = port->bridge;
    }
    const auto* named = std::get_if<ByName>(&request.tap().source);
    if (named != nullptr && named->downscript.runs) {
        tap.down_script = named->downscript.text;
    }
    return tap;
}

std::vector<std::size_t> init_order(const std::vector<TapRequest>& requests) {
    std::vector<std::size_t> order(requests.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return requests[a].argument.init_phase() < requests[b].argument.init_phase();
    });
    return order;
}

}  // namespace

std::optional<OpenTaps> open_taps(const std::vector<TapRequest>& requests,
                                  NetContextOptions settings) {
    OpenTaps open;
    Result<std::unique_ptr<EventLoop>> loop = glib_event_loop(nullptr);
    if (!loop) {
        report_error("", "", loop.error());
        return std::nullopt;
    }
    open.loop = *std::move(loop);
    open.context = net_context_create(*open.loop, std::move(settings));
    open.taps.resize(requests.size());
    for (const std::size_t i : init_order(requests)) {
        Result<OpenTap> tap = open_tap(*open.context, requests[i]);
        if (!tap) {
            report_finding(tap.error(), requests[i].argument.text);
            return std::nullopt;
        }
        open.taps[i] = *std::move(tap);
    }
    return open;
}

}  // namespace qnetdev::cli
