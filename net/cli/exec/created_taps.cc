// SPDX-License-Identifier: MIT
#include "net/cli/exec/created_taps.h"

#include <fcntl.h>
#include <net/if.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "net/cli/report.h"
#include "net/client/net_context_internals.h"
#include "net/netlink/rtnetlink.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tracing_tun_kernel.h"

namespace qnetdev::cli {
namespace {

/// Whether the tap, just opened with so many queues, is nobody else's.
bool is_new(const std::optional<LinkInfo>& link, std::size_t queues) {
    return link && link->is_tun() && !link->tun.persistent &&
           (!link->tun.multi_queue || link->tun.queues == queues);
}

/// The interface that has the index now, if it can be ours.
std::optional<LinkInfo> find_ours(TunKernel& kernel, const CreatedTap& tap) {
    std::array<char, IF_NAMESIZE> name = {};
    if (if_indextoname(tap.index, name.data()) == nullptr) {
        return std::nullopt;
    }
    Result<std::optional<LinkInfo>> link = find_link(name.data(), tap.tracer);
    if (!link || !*link || (*link)->index != tap.index || !(*link)->tun.is_tap) {
        return std::nullopt;
    }
    // It cannot be told of a detached queue, and the command may have detached ours.
    TracedTun traced(kernel, tap.tracer);
    const Result<std::string> ours = tap_fd_get_ifname(traced.get(), tap.fd.get());
    return !ours || *ours == name.data() ? *std::move(link) : std::nullopt;
}

}  // namespace

Result<std::vector<CreatedTap>> created_taps(const OpenTaps& open) {
    std::vector<CreatedTap> created;
    for (const OpenTap& tap : open.taps) {
        const Tracer tracer(open.context->options().trace, tap.id);
        TracedTun traced(open.context->internals().tun(), tracer);
        const Result<std::optional<LinkInfo>> link = find_link(tap.ifname, tracer);
        if (!link) {
            return link.error();
        }
        if (!traced.get().is_in_our_namespace(tap.fds.front()) || !is_new(*link, tap.fds.size())) {
            continue;
        }
        UniqueFd fd(fcntl(tap.fds.front(), F_DUPFD_CLOEXEC, 3));
        if (!fd) {
            return Error::from_errno(errno, "cannot keep a descriptor of '" + tap.ifname + "'");
        }
        created.push_back({tap.ifname, (*link)->index, std::move(fd), tracer});
    }
    return created;
}

void remove_created(TunKernel& kernel, std::vector<CreatedTap> taps) {
    std::vector<unsigned> indices;
    for (const CreatedTap& tap : taps) {
        if (find_ours(kernel, tap)) {
            indices.push_back(tap.index);
        }
    }
    const Result<void> deleted =
        indices.empty() ? Result<void>() : delete_links(indices, taps.front().tracer.for_several());
    for (CreatedTap& tap : taps) {
        tap.fd.reset();
        std::array<char, IF_NAMESIZE> name = {};
        if (!deleted && if_indextoname(tap.index, name.data()) != nullptr) {
            report_warning("", "",
                           "interface '" + tap.ifname + "' stays: " + deleted.error().message());
        }
    }
}

}  // namespace qnetdev::cli
