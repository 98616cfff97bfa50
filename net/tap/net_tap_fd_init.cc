// SPDX-License-Identifier: MIT
#include <climits>
#include <string>
#include <variant>

#include "net/tap/pipeline.h"
#include "net/tap/tap_client.h"

namespace qnetdev {
namespace {

/// A netdev's frames are Ethernet's.
Result<void> check_layer(const TunInterface& interface, int fd) {
    if ((interface.flags & tun_flags::kTap) == 0) {
        return Error("descriptor " + std::to_string(fd) + " is of '" + interface.name +
                     "', which is a tun (layer 3) interface: no Ethernet frame passes it")
            .with_hint("pass a descriptor on which TUNSETIFF was done with IFF_TAP");
    }
    return {};
}

/// Whether a frame has packet information before it, as far as that is known. TUNGETIFF sets the
/// bit of IFF_NO_PI also as IFF_NOFILTER (drivers/net/tun.c), for want of a socket filter.
/// Rtnetlink knows, but goes by names, so only the interfaces of our own namespace can be looked
/// up.
bool has_packet_info(TunKernel& kernel, const TunInterface& interface, int fd) {
    if ((interface.flags & tun_flags::kNoPacketInfo) == 0) {
        return true;
    }
    if (!kernel.is_in_our_namespace(fd)) {
        return false;
    }
    const Result<LinkInfo> link = kernel.get_link(interface.name);
    return link && link->tun.packet_info;
}

/// Once for an interface: what it puts before its frames is not the queue's.
Result<void> check_packet_info(const TapBuild& build, const TunInterface& interface, int fd) {
    if (build.group.size() == 0 && has_packet_info(build.group.tun(0), interface, fd)) {
        return Error("descriptor " + std::to_string(fd) + " is of '" + interface.name +
                     "', which puts packet information before each frame")
            .with_hint("pass a descriptor on which TUNSETIFF was done with IFF_NO_PI");
    }
    return {};
}

/// The queues of one netdev are alike, and of one interface: packets would go astray otherwise.
Result<void> check_consistency(const TapBuild& build, const TunInterface& interface) {
    const std::string subject = "queue " + std::to_string(build.group.size());
    const bool vnet_hdr = (interface.flags & tun_flags::kVnetHdr) != 0;
    if (build.vnet_hdr.value_or(vnet_hdr) != vnet_hdr) {
        return Error(subject + " (" + interface.name + ") has " + (vnet_hdr ? "a" : "no") +
                     " virtio-net header, unlike the queues before it")
            .with_param("vnet_hdr")
            .with_hint("open all queues with the same IFF_VNET_HDR");
    }
    if (build.group.size() > 0 && interface.name != build.group.ifname()) {
        return Error(subject + " is of interface '" + interface.name + "', but the first one of '" +
                     build.group.ifname() + "'")
            .with_hint("open all queues with IFF_MULTI_QUEUE and the same name");
    }
    return {};
}

/// Once for an interface: all its queues share the offloads.
Result<void> reset_offload(TapBuild& build, TapClient& client) {
    Result<void> reset = tap_reset_offload(build.group.tun(client.index()), client.fd());
    if (!reset) {
        return std::move(reset).error().with_prefix("cannot turn the offloads off");
    }
    return {};
}

/// Queues of a tap share its header length; a macvtap's have one each, and may come with another.
/// One that cannot be told counts as foreign: setting it then helps, or says what is wrong.
bool has_foreign_header(TapBuild& build, const TapClient& client) {
    if (!client.vnet().has_vnet_hdr()) {
        return false;
    }
    const Result<int> length = build.group.tun(client.index()).get_vnet_hdr_size(client.fd());
    return !length || static_cast<std::size_t>(*length) != client.vnet().host_vnet_hdr_len();
}

Result<void> init_header(TapClient& client) {
    Result<void> header = client.vnet().init_header();
    if (!header) {
        return std::move(header).error().with_prefix("cannot set the header length");
    }
    return {};
}

/// A queue that we opened has INT_MAX from the start; one from outside may have anything.
Result<void> init_sndbuf(TapBuild& build, const TapClient& client, bool fresh) {
    const std::optional<int> bytes = build.plan.sndbuf;
    if (!bytes || (fresh && *bytes == INT_MAX)) {
        return {};
    }
    Result<void> outcome = build.group.tun(client.index()).set_sndbuf(client.fd(), *bytes);
    if (!outcome) {
        return std::move(outcome).error().with_prefix("cannot set 'sndbuf'").with_param("sndbuf");
    }
    return {};
}

}  // namespace

Result<void> net_tap_fd_init_external(TapBuild& build, TapFd fd) {
    const int number = fd.get();
    Result<TunInterface> interface = build.group.tun(build.group.size()).get_iff(number);
    if (!interface) {
        if (build.fds != nullptr && !fd.is_lent()) {
            build.fds->dispose(fd.take());
        }
        return std::move(interface)
            .error()
            .with_prefix("descriptor " + std::to_string(number) + " is no open tap")
            .with_hint("pass a descriptor of /dev/net/tun on which TUNSETIFF was done");
    }
    NET_TRY(check_layer(*interface, fd.get()));
    NET_TRY(check_packet_info(build, *interface, fd.get()));
    NET_TRY(check_consistency(build, *interface));
    const bool vnet_hdr = (interface->flags & tun_flags::kVnetHdr) != 0;
    build.vnet_hdr = vnet_hdr;
    Result<void> outcome = fd.make_nonblocking();
    if (!outcome) {
        return std::move(outcome).error().with_prefix("cannot make descriptor " +
                                                      std::to_string(fd.get()) + " non-blocking");
    }
    return net_tap_fd_init_common(
        build,
        TapQueue{.fd = std::move(fd), .ifname = std::move(interface->name), .vnet_hdr = vnet_hdr});
}

Result<void> net_tap_fd_init_common(TapBuild& build, TapQueue queue) {
    const bool first = build.group.size() == 0;
    if (first && build.group.ifname().empty()) {
        build.group.set_interface(queue.ifname, false);
    }
    const bool fresh = queue.fresh;
    // From here on the group owns the descriptor, and failure is undone by dropping the group.
    TapClient& client = build.group.add_queue(std::move(queue));
    if (first) {
        NET_TRY(reset_offload(build, client));
    }
    if (first || (!fresh && has_foreign_header(build, client))) {
        NET_TRY(init_header(client));
    }
    NET_TRY(init_sndbuf(build, client, fresh));
    return net_tap_setup_vhost(build, client);
}

}  // namespace qnetdev
