// SPDX-License-Identifier: MIT
#include "net/tap/tap_bulk_removal.h"

#include <optional>
#include <string>
#include <vector>

#include "net/netlink/rtnetlink.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tracing_tun_kernel.h"

namespace net {
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

}  // namespace

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

}  // namespace net
