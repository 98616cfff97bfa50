// SPDX-License-Identifier: MIT
#include "net/tap/tap_open_hint.h"

#include <cerrno>

#include "net/base/limits.h"
#include "net/netlink/rtnetlink.h"

namespace net {
namespace {

std::string explain_mismatch(const std::string& ifname, const LinkInfo& link, bool multi_queue) {
    const std::string subject = "'" + ifname + "' exists and is ";
    const std::string kind(link.kind.view());
    if (kind == "macvtap" || kind == "ipvtap") {
        return subject + "a " + kind + ", but its node /dev/tap" + std::to_string(link.index) +
               " cannot be opened";
    }
    if (!link.is_tun()) {
        return subject + (kind.empty() ? "no tap" : "a " + kind + ", no tap") +
               ": choose another ifname";
    }
    if (!link.tun.is_tap) {
        return subject + "a tun (layer 3) interface: choose another ifname";
    }
    if (multi_queue && !link.tun.multi_queue) {
        return subject +
               "single-queue: make it with the multi-queue flag (ip tuntap add mode tap "
               "multi_queue), or let it be created here, or drop 'queues'";
    }
    if (!multi_queue && link.tun.multi_queue) {
        return subject + "multi-queue, which a single queue cannot attach to: use queues=2 or more";
    }
    return {};
}

std::string explain_busy(const std::string& ifname, const LinkInfo& link) {
    if (link.is_tun() && !link.tun.multi_queue) {
        return "the only queue of '" + ifname +
               "' is in use, by another process or by another netdev";
    }
    return {};
}

}  // namespace

std::string explain_open_failure(int errnum) {
    switch (errnum) {
        case ENOENT:
            return "create the node: mkdir -p /dev/net && mknod /dev/net/tun c 10 200";
        case ENODEV:
        case ENXIO:
            return "the tun driver is not loaded: modprobe tun";
        case EACCES:
        case EPERM:
            return "the node's mode shuts this user out, or a device policy does: see "
                   "ls -l /dev/net/tun";
        case EMFILE:
            return "raise the limit on open files: ulimit -n";
        default:
            return {};
    }
}

std::string explain_set_iff_failure(int errnum, const std::string& ifname, bool multi_queue,
                                    const Tracer& tracer) {
    if (errnum == EPERM) {
        return "making or opening a tap needs CAP_NET_ADMIN, or an interface that was given to "
               "this user (ip tuntap add mode tap user NAME)";
    }
    if (errnum == E2BIG) {
        return "the kernel takes " + std::to_string(limits::kTapQueues) +
               " queues for one interface";
    }
    if (ifname.empty()) {
        return {};
    }
    const auto link = find_link(ifname, tracer);
    if (!link || !link->has_value()) {
        return errnum == EINVAL ? "the kernel does not take '" + ifname + "' as a name" : "";
    }
    if (errnum == EINVAL) {
        return explain_mismatch(ifname, **link, multi_queue);
    }
    return errnum == EBUSY ? explain_busy(ifname, **link) : "";
}

}  // namespace net
