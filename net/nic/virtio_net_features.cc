// SPDX-License-Identifier: MIT
#include "net/nic/virtio_net_features.h"

#include <array>
#include <utility>

namespace qnetdev {
namespace {

using enum VirtioFeature;

constexpr std::array kSwitches{
    VirtioNetSwitch{"csum", &VirtioNetProperties::csum, csum},
    VirtioNetSwitch{"guest_csum", &VirtioNetProperties::guest_csum, guest_csum},
    VirtioNetSwitch{"ctrl_guest_offloads", &VirtioNetProperties::ctrl_guest_offloads,
                    ctrl_guest_offloads},
    VirtioNetSwitch{"gso", &VirtioNetProperties::gso, gso},
    VirtioNetSwitch{"guest_tso4", &VirtioNetProperties::guest_tso4, guest_tso4},
    VirtioNetSwitch{"guest_tso6", &VirtioNetProperties::guest_tso6, guest_tso6},
    VirtioNetSwitch{"guest_ecn", &VirtioNetProperties::guest_ecn, guest_ecn},
    VirtioNetSwitch{"guest_ufo", &VirtioNetProperties::guest_ufo, guest_ufo},
    VirtioNetSwitch{"host_tso4", &VirtioNetProperties::host_tso4, host_tso4},
    VirtioNetSwitch{"host_tso6", &VirtioNetProperties::host_tso6, host_tso6},
    VirtioNetSwitch{"host_ecn", &VirtioNetProperties::host_ecn, host_ecn},
    VirtioNetSwitch{"host_ufo", &VirtioNetProperties::host_ufo, host_ufo},
    VirtioNetSwitch{"mrg_rxbuf", &VirtioNetProperties::mrg_rxbuf, mrg_rxbuf},
    VirtioNetSwitch{"status", &VirtioNetProperties::status, status},
    VirtioNetSwitch{"ctrl_vq", &VirtioNetProperties::ctrl_vq, ctrl_vq},
    VirtioNetSwitch{"ctrl_rx", &VirtioNetProperties::ctrl_rx, ctrl_rx},
    VirtioNetSwitch{"ctrl_vlan", &VirtioNetProperties::ctrl_vlan, ctrl_vlan},
    VirtioNetSwitch{"ctrl_rx_extra", &VirtioNetProperties::ctrl_rx_extra, ctrl_rx_extra},
    VirtioNetSwitch{"guest_announce", &VirtioNetProperties::guest_announce, guest_announce},
    VirtioNetSwitch{"mq", &VirtioNetProperties::mq, mq},
    VirtioNetSwitch{"ctrl_mac_addr", &VirtioNetProperties::ctrl_mac_addr, ctrl_mac_addr},
    VirtioNetSwitch{"guest_uso4", &VirtioNetProperties::guest_uso4, guest_uso4},
    VirtioNetSwitch{"guest_uso6", &VirtioNetProperties::guest_uso6, guest_uso6},
    VirtioNetSwitch{"host_uso", &VirtioNetProperties::host_uso, host_uso},
    VirtioNetSwitch{"hash", &VirtioNetProperties::hash, hash_report},
    VirtioNetSwitch{"rss", &VirtioNetProperties::rss, rss},
    VirtioNetSwitch{"guest_tunnel", &VirtioNetProperties::guest_tunnel, guest_tunnel},
    VirtioNetSwitch{"guest_tunnel_csum", &VirtioNetProperties::guest_tunnel_csum,
                    guest_tunnel_csum},
    VirtioNetSwitch{"host_tunnel", &VirtioNetProperties::host_tunnel, host_tunnel},
    VirtioNetSwitch{"host_tunnel_csum", &VirtioNetProperties::host_tunnel_csum, host_tunnel_csum},
};

/// What lives in the header of a frame, and so not without one.
constexpr VirtioFeatures kNeedHeader{
    csum,      guest_csum,  guest_tso4,   guest_tso6,        guest_ecn,   guest_ufo,
    host_tso4, host_tso6,   host_ecn,     host_ufo,          guest_uso4,  guest_uso6,
    host_uso,  hash_report, guest_tunnel, guest_tunnel_csum, host_tunnel, host_tunnel_csum};

/// All that drivers could do which, in Linux 2.6.25 and before, took whatever they were offered.
constexpr VirtioFeatures kOfBadDriver{mac, csum, host_tso4, host_tso6, host_ecn};

VirtioFeatures without(const VirtioFeatures& features, const VirtioFeatures& removed) {
    return features & ~removed;
}

/// A guest's offload: its feature, its bit on the control queue, its name at the backend.
struct GuestOffload {
    VirtioFeature feature;
    unsigned bit;
    bool Offloads::*member;
};

constexpr std::array kGuestOffloads{
    GuestOffload{guest_csum, 1, &Offloads::csum},
    GuestOffload{guest_tso4, 7, &Offloads::tso4},
    GuestOffload{guest_tso6, 8, &Offloads::tso6},
    GuestOffload{guest_ecn, 9, &Offloads::ecn},
    GuestOffload{guest_ufo, 10, &Offloads::ufo},
    GuestOffload{guest_tunnel, 46, &Offloads::tunnel},
    GuestOffload{guest_tunnel_csum, 47, &Offloads::tunnel_csum},
    GuestOffload{guest_uso4, 54, &Offloads::uso4},
    GuestOffload{guest_uso6, 55, &Offloads::uso6},
};

}  // namespace

std::span<const VirtioNetSwitch> virtio_net_switches() {
    return kSwitches;
}

std::string describe_virtio_net_features(const VirtioFeatures& features) {
    std::string names;
    const auto add = [&](VirtioFeature feature, std::string_view name) {
        if (features.has(feature)) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
    };
    for (const VirtioNetSwitch& known : kSwitches) {
        add(known.feature, known.name);
    }
    add(mtu, "host_mtu");
    add(speed_duplex, "speed");
    return names;
}

VirtioNetPeer VirtioNetPeer::of(const VnetBackend& backend) {
    if (!backend.has_vnet_hdr()) {
        return {};  // and is not asked for offloads
    }
    return {.vnet_hdr = true, .offloads = backend.supported_offloads()};
}

VirtioFeatures virtio_net_host_features(const VirtioNetProperties& properties,
                                        const VirtioNetPeer& peer) {
    VirtioFeatures offered{mac};
    for (const VirtioNetSwitch& choice : kSwitches) {
        offered.set(choice.feature, properties.*choice.member);
    }
    offered.set(mtu, properties.host_mtu != 0);
    offered.set(speed_duplex, properties.speed || properties.full_duplex);
    if (!peer.vnet_hdr) {
        return without(offered, kNeedHeader);
    }
    if (!peer.offloads.ufo) {
        offered = without(offered, {guest_ufo, host_ufo});
    }
    if (!peer.offloads.uso4 || !peer.offloads.uso6) {
        offered = without(offered, {guest_uso4, guest_uso6, host_uso});
    }
    if (!peer.offloads.tunnel) {
        offered =
            without(offered, {guest_tunnel, guest_tunnel_csum, host_tunnel, host_tunnel_csum});
    } else if (!peer.offloads.tunnel_csum) {
        offered = without(offered, {guest_tunnel_csum, host_tunnel_csum});
    }
    return offered;
}

VirtioFeatures virtio_net_taken_features(const VirtioFeatures& asked,
                                         const VirtioFeatures& offered) {
    const VirtioFeatures ours = asked & offered;
    const VirtioFeatures others = asked & kTransportFeatures;
    return asked.has(bad_feature) ? ours & kOfBadDriver : ours | others;
}

std::uint64_t virtio_net_guest_offload_bits(const VirtioFeatures& acked) {
    std::uint64_t bits = 0;
    for (const GuestOffload& offload : kGuestOffloads) {
        bits |= std::uint64_t{acked.has(offload.feature)} << offload.bit;
    }
    return bits;
}

Offloads virtio_net_offloads(std::uint64_t guest_offload_bits) {
    Offloads offloads;
    for (const GuestOffload& offload : kGuestOffloads) {
        offloads.*offload.member = ((guest_offload_bits >> offload.bit) & 1U) != 0;
    }
    return offloads;
}

std::size_t virtio_net_guest_header(const VirtioFeatures& acked) {
    if (!acked.has(version_1)) {
        return acked.has(mrg_rxbuf) ? 12 : 10;
    }
    for (const VirtioFeature tunnel :
         {guest_tunnel, guest_tunnel_csum, host_tunnel, host_tunnel_csum}) {
        if (acked.has(tunnel)) {
            return 24;
        }
    }
    return acked.has(hash_report) ? 20 : 12;
}

std::size_t virtio_net_config_size(const VirtioNetProperties& properties) {
    if (properties.rss || properties.hash) {
        return 24;
    }
    if (properties.speed || properties.full_duplex) {
        return 17;
    }
    if (properties.host_mtu != 0) {
        return 12;
    }
    if (properties.mq) {
        return 10;
    }
    return properties.status ? 8 : 6;
}

}  // namespace qnetdev
