// SPDX-License-Identifier: MIT
#include "net/tap/tap_open.h"

#include "net/tap/tap_open_hint.h"

namespace net {
namespace {

struct OpenDevice {
    UniqueFd fd = {};
    bool macvtap = false;
};

/// The node of a macvtap or ipvtap, if the interface is one.
///
/// Nodes are named by interface index, and another network namespace may have the same index: only
/// the name behind the node tells whose it is.
UniqueFd open_macvtap(TunKernel& kernel, const TapOpenOptions& options, unsigned index) {
    if (index != 0) {
        Result<UniqueFd> node = kernel.open_macvtap(index);
        if (node) {
            const Result<TunInterface> interface = kernel.get_iff(node->get());
            if (interface && interface->name == options.ifname) {
                return *std::move(node);
            }
        }
    }
    return UniqueFd();
}

/// The node to open: an existing macvtap has one of its own, everything else shares one.
Result<OpenDevice> open_device(TunKernel& kernel, const TapOpenOptions& options, unsigned index) {
    UniqueFd macvtap = open_macvtap(kernel, options, index);
    if (macvtap) {
        return OpenDevice{std::move(macvtap), true};
    }
    Result<UniqueFd> tun = kernel.open_tun();
    if (!tun) {
        const int errnum = tun.error().errnum();
        return std::move(tun).error().with_hint(explain_open_failure(errnum));
    }
    return OpenDevice{*std::move(tun), false};
}

/// Index of an interface that is there already; templates and unset names make new ones.
Result<unsigned> find_existing(TunKernel& kernel, const std::string& ifname) {
    if (ifname.empty() || ifname.find('%') != std::string::npos) {
        return 0U;
    }
    Result<unsigned> index = kernel.interface_index(ifname);
    if (!index) {
        return std::move(index).error().with_prefix("cannot look up interface '" + ifname + "'");
    }
    return index;
}

Result<unsigned> ask_features(TunKernel& kernel, int fd) {
    Result<unsigned> features = kernel.get_features(fd);
    if (!features) {
        return std::move(features).error().with_prefix("cannot ask the tun driver what it offers");
    }
    return features;
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

Error set_iff_error(Error cause, const TapOpenOptions& options) {
    const int errnum = cause.errnum();
    const std::string subject =
        options.ifname.empty() ? "a new tap" : "tap '" + options.ifname + "'";
    return std::move(cause)
        .with_prefix("cannot open " + subject)
        .with_hint(explain_set_iff_failure(errnum, options.ifname, options.multi_queue));
}

}  // namespace

Result<TapQueue> tap_open(TunKernel& kernel, const TapOpenOptions& options) {
    TapQueue queue;
    if (options.existing_index.has_value()) {
        queue.existing_index = *options.existing_index;
    } else {
        queue.existing_index = NET_TRY(find_existing(kernel, options.ifname));
    }
    OpenDevice device = NET_TRY(open_device(kernel, options, queue.existing_index));
    if (options.features.has_value()) {
        queue.features = *options.features;
    } else {
        queue.features = NET_TRY(ask_features(kernel, device.fd.get()));
    }
    const unsigned flags = NET_TRY(choose_flags(options, queue.features));

    const std::string& wanted = options.ifname.empty() ? "tap%d" : options.ifname;
    Result<std::string> ifname = kernel.set_iff(device.fd.get(), wanted, flags);
    if (!ifname) {
        return set_iff_error(std::move(ifname).error(), options);
    }
    // A macvtap's queues carry their name by the node they were opened through.
    queue.ifname = device.macvtap ? options.ifname : *std::move(ifname);
    queue.vnet_hdr = (flags & tun_flags::kVnetHdr) != 0;
    queue.fd = std::move(device.fd);
    return queue;
}

}  // namespace net
