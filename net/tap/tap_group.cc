// SPDX-License-Identifier: MIT
#include "net/tap/tap_group.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/base/fd_reaper.h"
#include "net/client/net_context_internals.h"
#include "net/netlink/rtnetlink.h"
#include "net/tap/tap_client.h"

namespace qnetdev {
namespace {

/// Whether the kernel agrees that deleting it takes nothing away from anybody else.
bool is_deletable(const FdReaper::Job& job, const std::optional<LinkInfo>& link) {
    // The only queue of a single-queue interface is ours.
    return link.has_value() && link->is_tun() && !link->tun.persistent &&
           (!link->tun.multi_queue || link->tun.queues == job.fds.size());
}

void remove_in_bulk(const std::vector<FdReaper::Job*>& jobs) {
    std::vector<const FdReaper::Job*> named;
    std::vector<std::string> names;
    for (const FdReaper::Job* job : jobs) {
        std::string name = job->bulk_name();
        if (!name.empty()) {
            named.push_back(job);
            names.push_back(std::move(name));
        }
    }
    const Tracer tracer = jobs.front()->tracer.for_several();
    const Result<std::vector<std::optional<LinkInfo>>> links = find_links(names, tracer);
    std::vector<unsigned> indices;
    for (std::size_t i = 0; links && i < named.size(); ++i) {
        if (is_deletable(*named[i], (*links)[i])) {
            indices.push_back((*links)[i]->index);
        }
    }
    if (indices.size() > 1) {
        // No failure: the last close of each interface deletes it as well, only slower.
        (void)delete_links(indices, tracer);
    }
}

/// Lets the reaper delete the interface of the job's descriptors, which this process opened, with
/// one request for many: the kernel's ~15 ms grace period is then paid once. Whether nobody else
/// uses the interface is asked when it comes to that. `driver` must outlive the job.
void allow_bulk_removal(FdReaper::Job& job, TunKernel& driver) {
    if (job.fds.empty()) {
        return;
    }
    job.bulk_remove = remove_in_bulk;
    // By its descriptor: an interface can be renamed, moved or deleted under us, and another then
    // have the name that it had.
    job.bulk_name = [&driver, fd = job.fds.front().get(), tracer = job.tracer]() -> std::string {
        TracedTun traced(driver, tracer);
        TunKernel& kernel = traced.get();
        const Result<std::string> name = tap_fd_get_ifname(kernel, fd);
        return name && kernel.is_in_our_namespace(fd) ? *name : "";
    };
}

/// For what has no caller left to be told.
void report(const Result<void>& outcome, const Log& log) {
    if (!outcome) {
        log.warning(outcome.error().message());
    }
}

}  // namespace

TapGroup::TapGroup(NetContext& context, const NetdevPlan& netdev, TapPlan::Source source)
    : NetClientGroup(netdev.id, netdev.on_hub ? Kind::hub_port : Kind::netdev),
      context_(context),
      source_(std::move(source)) {}

TapGroup::~TapGroup() {
    FdReaper::Job job;
    job.name = ifname_;
    job.tracer = tracer();
    close_vhost();
    job.fds.reserve(size());
    for (std::size_t index = 0; index < size(); ++index) {
        TapClient& client = queue(index);
        context_.internals().disclaim_fd(client.fd());
        TapFd fd = client.take_fd();
        if (committed_ || !fd.is_lent()) {
            // The down script needs queue 0, and a few descriptors free if they have run out.
            const bool early = down_script_.has_value() && index > 0;
            (early ? job.early_fds : job.fds).push_back(fd.take());
        }
    }
    if (down_script_.has_value() || (bridge_port_.has_value() && bridge_port_->leave)) {
        job.before_close = [script = std::move(down_script_), port = std::move(bridge_port_),
                            log = context_.log(), tracer = job.tracer] {
            report(script.has_value() ? run_owed_tap_script(*script, log) : Result<void>(), log);
            report(port.has_value() ? leave_bridge(*port, tracer) : Result<void>(), log);
        };
    }
    if (committed_ && opened_here_ && !job.before_close && context_.internals().is_exclusive()) {
        allow_bulk_removal(job, context_.internals().tun());
    }
    if (!job.fds.empty() || job.before_close) {
        context_.internals().reaper().submit(std::move(job));
    }
}

TunKernel& TapGroup::tun(std::size_t queue) {
    if (!context_.options().trace) {
        return context_.internals().tun();
    }
    while (tracing_.size() <= queue) {
        const auto index = static_cast<unsigned>(tracing_.size());
        tracing_.push_back(
            std::make_unique<TracingTunKernel>(context_.internals().tun(), tracer(index)));
    }
    return *tracing_[queue];
}

VhostKernel& TapGroup::vhost_kernel(std::size_t queue) {
    if (!context_.options().trace) {
        return *context_.internals().vhost();
    }
    while (tracing_vhost_.size() <= queue) {
        const auto index = static_cast<unsigned>(tracing_vhost_.size());
        tracing_vhost_.push_back(
            std::make_unique<TracingVhostKernel>(*context_.internals().vhost(), tracer(index)));
    }
    return *tracing_vhost_[queue];
}

void TapGroup::add_vhost(TapFd fd, std::unique_ptr<VhostNet> device) {
    context_.internals().claim_fd(fd.get(), id());
    vhost_.push_back({.fd = std::move(fd), .device = std::move(device)});
}

void TapGroup::close_vhost() {
    for (Vhost& vhost : vhost_) {
        context_.internals().disclaim_fd(vhost.fd.get());
        const bool given_back = !committed_ && vhost.fd.is_lent();
        if (given_back) {
            (void)vhost.device->release();  // as it came: nobody's
        }
        vhost.device.reset();
        if (!given_back) {
            // A job for each, since the kernel takes its time for each.
            FdReaper::Job job;
            job.name = ifname_;
            job.tracer = tracer();
            job.fds.push_back(vhost.fd.take());
            context_.internals().reaper().submit(std::move(job));
        }
    }
    vhost_.clear();
}

TapClient& TapGroup::add_queue(TapQueue queue) {
    context_.internals().claim_fd(queue.fd.get(), id());
    const auto index = static_cast<unsigned>(size());
    return static_cast<TapClient&>(add(
        std::make_unique<TapClient>(*this, context_.queue_loop(index), std::move(queue), index)));
}

TapClient& TapGroup::queue(std::size_t index) {
    return static_cast<TapClient&>(client(index));
}

void TapGroup::report_stop(int errnum) {
    if (!std::exchange(stop_reported_, true)) {
        context_.log().warning(
            Error::from_errno(errnum, "netdev '" + id() + "' stops: interface " + ifname_)
                .message());
    }
}

Result<Offloads> TapGroup::supported_offloads() {
    if (!supported_offloads_.has_value()) {
        TunKernel& kernel = tun(0);
        const int fd = queue(0).fd();
        Result<Offloads> probed = tap_probe_offload(kernel, fd);
        if (offloads_ != Offloads{}) {
            (void)kernel.set_offload(fd, offloads_);
        }
        if (!probed) {
            return std::move(probed).error().with_prefix("cannot find out the offloads");
        }
        supported_offloads_ = *probed;
    }
    return *supported_offloads_;
}

Result<void> TapGroup::activate() {
    for (std::size_t index = 0; index < size(); ++index) {
        NET_TRY(queue(index).start_polling());
    }
    return {};
}

}  // namespace qnetdev
