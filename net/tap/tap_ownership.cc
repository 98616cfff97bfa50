// SPDX-License-Identifier: MIT
#include "net/tap/tap_ownership.h"

#include <unistd.h>

#include <cerrno>

namespace net {
namespace {

/// Whether the interface is as we made it: one queue, ours, and gone with it.
bool is_ours_alone(const LinkInfo& link) {
    // An owner can let others in, and a persistent tap would be there for ever.
    return link.tun.queues == 1U && !link.tun.persistent && link.is_ethernet &&
           link.tun.owner == geteuid() && !link.tun.group.has_value();
}

Result<void> reset_shared_state(TunKernel& kernel, int fd) {
    for (const TunShared what : kAllTunShared) {
        Result<void> outcome = kernel.reset_shared(fd, what);
        const int errnum = outcome ? 0 : outcome.error().errnum();
        // A kernel that does not know one of them cannot have it set.
        if (!outcome && errnum != EINVAL && errnum != ENOTTY) {
            return outcome;
        }
    }
    return {};
}

Result<void> check_sole_user(TunKernel& kernel, int fd, const std::string& ifname) {
    Result<LinkInfo> link = kernel.get_link(ifname);
    if (!link) {
        return std::move(link).error().with_prefix("cannot tell who uses the new tap");
    }
    if (!link->tun.queues.has_value()) {
        return Error("cannot tell who uses the new tap '" + ifname + "'")
            .with_hint("several queues need Linux 4.17 or newer: drop 'queues'");
    }
    if (!is_ours_alone(*link)) {
        return Error("the new tap '" + ifname + "' was changed by somebody else meanwhile")
            .with_hint(
                "a process of another user attaches to new taps: find it with fuser -v "
                "/dev/net/tun, or keep others out with chmod o= /dev/net/tun");
    }
    // One that came and went.
    Result<void> reset = reset_shared_state(kernel, fd);
    if (!reset) {
        return std::move(reset).error().with_prefix("cannot set the new tap '" + ifname + "' up");
    }
    return {};
}

Result<void> claim(TunKernel& kernel, int fd, const std::string& ifname, bool multi_queue) {
    Result<void> owned = kernel.set_owner(fd, geteuid());
    if (!owned) {
        return std::move(owned).error().with_prefix("cannot become the owner of '" + ifname + "'");
    }
    // The one queue of the others is ours.
    return multi_queue ? check_sole_user(kernel, fd, ifname) : Result<void>();
}

}  // namespace

Result<void> claim_new_tap(TunKernel& kernel, int fd, const std::string& ifname, bool multi_queue) {
    Result<void> claimed = claim(kernel, fd, ifname, multi_queue);
    if (!claimed && multi_queue) {
        // Else it lasts as long as a stranger likes.
        const Result<LinkInfo> link = kernel.get_link(ifname);
        if (link) {
            (void)kernel.delete_interface(link->index);
        }
    }
    return claimed;
}

}  // namespace net
