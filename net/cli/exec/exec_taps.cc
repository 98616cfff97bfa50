// SPDX-License-Identifier: MIT
#include "net/cli/exec/exec_taps.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include "net/cli/report.h"
#include "net/tap.h"
#include "net/tap/tap_group.h"

namespace net::cli {
namespace {

constexpr const char* kVhostNet = "/dev/vhost-net";

/// JSON, then text, then -nic, then -net.
int init_rank(const TapRequest& request) {
    return request.json ? -1 : static_cast<int>(request.option);
}

/// What the pipeline is asked for: the tap itself. The vhost part is the command's to use, ours
/// only to open.
qapi::Netdev without_vhost(const qapi::Netdev& netdev) {
    qapi::Netdev plain = netdev;
    if (auto* tap = std::get_if<qapi::NetdevTapOptions>(&plain.branch)) {
        tap->vhost.reset();
        tap->vhostfd.reset();
        tap->vhostfds.reset();
        tap->vhostforce.reset();
        tap->poll_us.reset();
    }
    return plain;
}

Result<void> open_vhost(OpenTap& tap) {
    for (std::size_t queue = 0; queue < tap.fds.size(); ++queue) {
        UniqueFd fd(open(kVhostNet, O_RDWR | O_CLOEXEC | O_NONBLOCK));
        if (!fd) {
            Error error = Error::from_errno(errno, kVhostNet).with_param("vhost");
            return error.errnum() == ENOENT || error.errnum() == ENODEV
                       ? std::move(error).with_hint(
                             "load the kernel module vhost_net, or drop 'vhost'")
                       : error;
        }
        tap.vhostfds.push_back(std::move(fd));
    }
    return {};
}

Result<OpenTap> open_tap(NetContext& context, const TapRequest& request) {
    NET_TRY(net_client_init(context, without_vhost(request.netdev), {request.origin(), nullptr}));
    const NetClientGroup& group = *context.registry().find_backend(request.netdev.id);
    if (group.size() != request.queues()) {
        return Error("asked for " + std::to_string(request.queues()) + " queues, and got " +
                     std::to_string(group.size()));
    }
    OpenTap tap{.id = request.netdev.id};
    for (std::size_t queue = 0; queue < group.size(); ++queue) {
        tap.fds.push_back(tap_get_fd(group.client(queue)));
    }
    const Result<TapState> state = tap_query(group.client(0));
    if (!state) {
        return state.error();
    }
    tap.ifname = state->ifname;
    if (const auto* joined = dynamic_cast<const TapGroup*>(&group);
        joined != nullptr && joined->bridge_port() && joined->bridge_port()->leave) {
        tap.due_bridge = joined->bridge_port()->bridge;
    }
    if (state->downscript != "no") {
        tap.down_script = state->downscript;
    }
    if (request.needs_vhost()) {
        NET_TRY(open_vhost(tap));
    }
    return tap;
}

std::vector<std::size_t> init_order(const std::vector<TapRequest>& requests) {
    std::vector<std::size_t> order(requests.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return init_rank(requests[a]) < init_rank(requests[b]);
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
            report_error(netdev_option_name(requests[i].option), requests[i].text, tap.error());
            return std::nullopt;
        }
        open.taps[i] = *std::move(tap);
    }
    return open;
}

}  // namespace net::cli
