// SPDX-License-Identifier: MIT
#include <string>
#include <utility>
#include <variant>

#include "net/client/net_context_internals.h"
#include "net/tap/pipeline.h"
#include "net/tap/tap_client.h"

namespace qnetdev {
namespace {

/// Which option the device of a queue is about, as the user gave it.
std::string option_of(const TapPlan& plan, std::size_t queue) {
    if (const auto* ref = std::get_if<FdRef>(&plan.vhost[queue])) {
        return std::string(plan.vhost_fd_option) + " '" + ref->text + "'";
    }
    const std::string option(plan.vhost_option);
    return plan.queues == 1 ? option : option + " of queue " + std::to_string(queue);
}

Error about_vhost(const TapPlan& plan, std::size_t queue, Error error) {
    const bool passed = std::holds_alternative<FdRef>(plan.vhost[queue]);
    Error named = std::move(error).with_prefix(option_of(plan, queue));
    return named.param().empty() ? std::move(named).with_param(std::string(
                                       passed ? plan.vhost_fd_option : plan.vhost_option))
                                 : named;
}

/// Looked at before anything is done to it: it may be anything.
Result<void> check_passed(TapBuild& build, VhostKernel& kernel, TapFd& fd) {
    const int number = fd.get();
    const Result<bool> is_one = kernel.is_vhost_net(number);
    if (is_one && *is_one) {
        return {};
    }
    if (build.fds != nullptr && !fd.is_lent()) {
        build.fds->dispose(fd.take());
    }
    if (!is_one) {
        return Error(is_one.error()).with_prefix("descriptor " + std::to_string(number));
    }
    return Error("descriptor " + std::to_string(number) + " is no vhost-net device")
        .with_hint("pass a descriptor of /dev/vhost-net");
}

Result<TapFd> take_passed(TapBuild& build, VhostKernel& kernel, const FdRef& ref) {
    TapFd fd = NET_TRY(take_descriptor(build, ref));
    NET_TRY(check_passed(build, kernel, fd));
    Result<void> outcome = fd.make_nonblocking();
    if (!outcome) {
        return std::move(outcome).error().with_prefix("cannot make descriptor " +
                                                      std::to_string(fd.get()) + " non-blocking");
    }
    return fd;
}

Result<void> open_one(TapBuild& build, std::size_t queue) {
    VhostKernel& kernel = build.group.vhost_kernel(queue);
    TapFd fd;
    if (const auto* ref = std::get_if<FdRef>(&build.plan.vhost[queue])) {
        fd = NET_TRY(take_passed(build, kernel, *ref));
    } else {
        fd = NET_TRY(open_vhost_net(kernel));
    }
    std::unique_ptr<VhostNet> device =
        NET_TRY(VhostNet::create(kernel, fd.get(), build.plan.vhost_busy_poll_us));
    build.group.add_vhost(std::move(fd), std::move(device));
    return {};
}

}  // namespace

Result<void> net_tap_open_vhost(TapBuild& build) {
    NET_TRY(check_descriptor_names(build));
    for (std::size_t queue = 0; queue < build.plan.vhost.size(); ++queue) {
        if (std::holds_alternative<NoVhost>(build.plan.vhost[queue])) {
            continue;
        }
        if (build.context.internals().vhost() == nullptr) {
            return about_vhost(build.plan, queue, Error("there is no vhost-net here"));
        }
        Result<void> outcome = open_one(build, queue);
        if (!outcome) {
            return about_vhost(build.plan, queue, std::move(outcome).error());
        }
    }
    return {};
}

Result<void> check_vhost_header(const TapBuild& build, bool has_vnet_hdr) {
    // One driver serves all queues: what the first device has, the others have.
    const VhostNet* device = build.group.vhost(0);
    Result<void> outcome = device != nullptr ? device->check_header(has_vnet_hdr) : Result<void>();
    if (!outcome) {
        return std::move(outcome).error().with_prefix(build.plan.vhost_option);
    }
    return {};
}

Result<void> net_tap_setup_vhost(TapBuild& build, TapClient& client) {
    if (VhostNet* device = build.group.vhost(client.index())) {
        NET_TRY(check_vhost_header(build, client.queue().vnet_hdr));
        client.connect_vhost(*device);
    }
    return {};
}

}  // namespace qnetdev
