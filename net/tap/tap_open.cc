// SPDX-License-Identifier: MIT
#include "net/tap/tap_open.h"

#include <cerrno>

#include "net/tap/tap_open_hint.h"

namespace net {
namespace {

/// The node of the macvtap or ipvtap with that index, if it is the interface that was named.
///
/// Nodes are named by interface index, and another network namespace may have the same index: only
/// the name behind the node tells whose it is.
Result<UniqueFd> open_macvtap(TunKernel& kernel, const std::string& ifname, unsigned index) {
    UniqueFd node = NET_TRY(kernel.open_macvtap(index));
    const TunInterface interface = NET_TRY(kernel.get_iff(node.get()));
    if (interface.name != ifname) {
        return Error("/dev/tap" + std::to_string(index) + " belongs to '" + interface.name +
                     "', not to '" + ifname + "'");
    }
    return node;
}

Result<UniqueFd> open_tun(TunKernel& kernel) {
    Result<UniqueFd> tun = kernel.open_tun();
    if (!tun) {
        const int errnum = tun.error().errnum();
        return std::move(tun).error().with_hint(explain_open_failure(errnum));
    }
    return tun;
}

/// The flags for TUNSETIFF, or which demand the kernel cannot meet.
Result<unsigned> choose_flags(const TapOpenOptions& options, unsigned features) {
    unsigned flags = tun_flags::kTap | tun_flags::kNoPacketInfo;
    flags |= features & tun_flags::kOneQueue;
    if (options.vnet_hdr.value_or(true)) {
        flags |= features & tun_flags::kVnetHdr;
    }
    if (options.vnet_hdr == true && (features & tun_flags::kVnetHdr) == 0) {
        return Error("'vnet_hdr' is on, but the kernel's tap has no IFF_VNET_HDR")
            .with_param("vnet_hdr");
    }
    if (options.multi_queue) {
        if ((features & tun_flags::kMultiQueue) == 0) {
            return Error("'queues' is above 1, but the kernel's tap has no IFF_MULTI_QUEUE")
                .with_param("queues");
        }
        flags |= tun_flags::kMultiQueue;
    }
    return flags;
}

Error open_error(Error cause, const TapOpenOptions& options) {
    const int errnum = cause.errnum();
    if (errnum == 0) {
        return cause;  // not the kernel's word, but ours
    }
    const std::string subject =
        options.ifname.empty() ? "a new tap" : "tap '" + options.ifname + "'";
    return std::move(cause)
        .with_prefix("cannot open " + subject)
        .with_hint(explain_set_iff_failure(errnum, options.ifname, options.multi_queue));
}

/// TUNSETIFF on an open node, with what the kernel offers of what is wanted.
Result<TapQueue> attach(TunKernel& kernel, const TapOpenOptions& options, UniqueFd fd) {
    TapQueue queue;
    if (options.features.has_value()) {
        queue.features = *options.features;
    } else {
        queue.features = NET_TRY(kernel.get_features(fd.get()));
    }
    const unsigned flags = NET_TRY(choose_flags(options, queue.features));
    const std::string& wanted = options.ifname.empty() ? "tap%d" : options.ifname;
    queue.ifname = NET_TRY(kernel.set_iff(fd.get(), wanted, flags));
    queue.vnet_hdr = (flags & tun_flags::kVnetHdr) != 0;
    queue.fd = std::move(fd);
    return queue;
}

Result<TapQueue> attach_macvtap(TunKernel& kernel, const TapOpenOptions& options, unsigned index) {
    UniqueFd node = NET_TRY(open_macvtap(kernel, options.ifname, index));
    TapOpenOptions own_features = options;
    if (options.macvtap_index == 0) {
        own_features.features.reset();  // they were the tun driver's
    }
    TapQueue queue = NET_TRY(attach(kernel, own_features, std::move(node)));
    queue.ifname = options.ifname;  // the driver ignores names, and returns none
    queue.macvtap_index = index;
    return queue;
}

/// Whether the tun driver's answer may mean that the name belongs to another driver.
bool may_be_macvtap(const TapOpenOptions& options, const Error& error) {
    return error.errnum() == EINVAL && !options.ifname.empty() &&
           options.ifname.find('%') == std::string::npos;
}

}  // namespace

Result<TapQueue> tap_open(TunKernel& kernel, const TapOpenOptions& options) {
    if (options.macvtap_index != 0) {
        return attach_macvtap(kernel, options, options.macvtap_index);
    }
    UniqueFd tun = NET_TRY(open_tun(kernel));
    Result<TapQueue> queue = attach(kernel, options, std::move(tun));
    if (queue) {
        return queue;
    }
    if (may_be_macvtap(options, queue.error())) {
        const Result<unsigned> index = kernel.interface_index(options.ifname);
        if (index && *index != 0) {
            Result<TapQueue> macvtap = attach_macvtap(kernel, options, *index);
            if (macvtap) {
                return macvtap;
            }
        }
    }
    return open_error(std::move(queue).error(), options);
}

}  // namespace net
