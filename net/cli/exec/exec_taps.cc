// SPDX-License-Identifier: MIT
#include "net/cli/exec/exec_taps.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include "net/base/tracer.h"
#include "net/cli/report.h"
#include "net/net_client_init.h"
#include "net/tap.h"
#include "net/tap/tap_group.h"

namespace qnetdev::cli {
namespace {

constexpr const char* kVhostNet = "/dev/vhost-net";

/// What the pipeline is asked for: the tap itself. The vhost part is the command's to use, ours
/// only to open.
NetdevPlan without_vhost(const NetdevPlan& netdev) {
    NetdevPlan plain = netdev;
    if (auto* tap = std::get_if<TapPlan>(&plain.backend)) {
        tap->vhost.assign(tap->queues, NoVhost{});
    }
    return plain;
}

Result<UniqueFd> open_vhost_net() {
    UniqueFd fd(open(kVhostNet, O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!fd) {
        return Error::from_errno(errno, kVhostNet).with_param("vhost");
    }
    return fd;
}

Result<void> open_vhost(const NetContext& context, OpenTap& tap) {
    for (std::size_t queue = 0; queue < tap.fds.size(); ++queue) {
        const Tracer tracer(context.options().trace, tap.id, static_cast<unsigned>(queue));
        Result<UniqueFd> fd =
            tracer.run("open", std::string(kVhostNet) + ", O_RDWR|O_CLOEXEC|O_NONBLOCK",
                       open_vhost_net, ShowResult());
        if (!fd) {
            Error error = std::move(fd).error();
            return error.errnum() == ENOENT || error.errnum() == ENODEV
                       ? std::move(error).with_hint(
                             "load the kernel module vhost_net, or drop 'vhost'")
                       : error;
        }
        tap.vhostfds.push_back(*std::move(fd));
    }
    return {};
}

Result<OpenTap> open_tap(NetContext& context, const TapRequest& request) {
    NET_TRY(carry_out(context, {.plan = without_vhost(request.plan),
                                .description = describe_netdev(request.argument.netdev())}));
    // Only taps are asked for here.
    const auto& group =
        dynamic_cast<const TapGroup&>(*context.registry().find_backend(request.plan.id));
    if (group.size() != request.queues()) {
        return Error("asked for " + std::to_string(request.queues()) + " queues, and got " +
                     std::to_string(group.size()));
    }
    OpenTap tap{.id = request.plan.id};
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
    if (request.needs_vhost()) {
        NET_TRY(open_vhost(context, tap));
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
            const NetdevArgument& argument = requests[i].argument;
            report_error(argument.name(), argument.text, tap.error());
            return std::nullopt;
        }
        open.taps[i] = *std::move(tap);
    }
    return open;
}

}  // namespace qnetdev::cli
