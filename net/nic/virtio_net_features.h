// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/vnet_backend.h"

/// What a virtio-net card can offer its driver, and what follows from what the driver takes.
/// Functions of values: nothing here has a side effect.
namespace qnetdev {

/// Feature bits, by their numbers.
enum class VirtioFeature : unsigned {
    csum = 0,
    guest_csum = 1,
    ctrl_guest_offloads = 2,
    mtu = 3,
    mac = 5,
    gso = 6,
    guest_tso4 = 7,
    guest_tso6 = 8,
    guest_ecn = 9,
    guest_ufo = 10,
    host_tso4 = 11,
    host_tso6 = 12,
    host_ecn = 13,
    host_ufo = 14,
    mrg_rxbuf = 15,
    status = 16,
    ctrl_vq = 17,
    ctrl_rx = 18,
    ctrl_vlan = 19,
    ctrl_rx_extra = 20,
    guest_announce = 21,
    mq = 22,
    ctrl_mac_addr = 23,
    bad_feature = 30,  ///< Of no device: a driver that takes it takes whatever it is offered.
    version_1 = 32,
    guest_uso4 = 54,
    guest_uso6 = 55,
    host_uso = 56,
    hash_report = 57,
    rss = 60,
    rsc_ext = 61,
    standby = 62,
    speed_duplex = 63,
    guest_tunnel = 65,
    guest_tunnel_csum = 66,
    host_tunnel = 67,
    host_tunnel_csum = 68,
};

/// A set of feature bits; there are more than 64.
class VirtioFeatures {
public:
    constexpr VirtioFeatures() = default;
    constexpr explicit VirtioFeatures(std::uint64_t low, std::uint64_t high = 0)
        : low_(low), high_(high) {}
    constexpr VirtioFeatures(std::initializer_list<VirtioFeature> bits) {
        for (const VirtioFeature bit : bits) {
            set(bit);
        }
    }

    constexpr bool has(VirtioFeature bit) const {
        return ((word(bit) >> (number(bit) % 64)) & 1U) != 0;
    }
    constexpr void set(VirtioFeature bit, bool on = true) {
        const std::uint64_t mask = std::uint64_t{1} << (number(bit) % 64);
        std::uint64_t& word = number(bit) < 64 ? low_ : high_;
        word = on ? word | mask : word & ~mask;
    }
    constexpr bool is_subset_of(const VirtioFeatures& other) const {
        return (low_ & ~other.low_) == 0 && (high_ & ~other.high_) == 0;
    }
    constexpr std::uint64_t low() const { return low_; }
    constexpr std::uint64_t high() const { return high_; }

    constexpr VirtioFeatures operator&(const VirtioFeatures& other) const {
        return VirtioFeatures(low_ & other.low_, high_ & other.high_);
    }
    constexpr VirtioFeatures operator|(const VirtioFeatures& other) const {
        return VirtioFeatures(low_ | other.low_, high_ | other.high_);
    }
    constexpr VirtioFeatures operator~() const { return VirtioFeatures(~low_, ~high_); }
    bool operator==(const VirtioFeatures&) const = default;

private:
    static constexpr unsigned number(VirtioFeature bit) { return static_cast<unsigned>(bit); }
    constexpr std::uint64_t word(VirtioFeature bit) const {
        return number(bit) < 64 ? low_ : high_;
    }

    std::uint64_t low_ = 0;
    std::uint64_t high_ = 0;
};

/// What a user may choose of a virtio-net card; the defaults are QEMU's.
struct VirtioNetProperties {
    bool csum = true;
    bool guest_csum = true;
    bool gso = true;
    bool guest_tso4 = true;
    bool guest_tso6 = true;
    bool guest_ecn = true;
    bool guest_ufo = true;
    bool guest_uso4 = true;
    bool guest_uso6 = true;
    bool guest_tunnel = true;
    bool guest_tunnel_csum = true;
    bool guest_announce = true;
    bool host_tso4 = true;
    bool host_tso6 = true;
    bool host_ecn = true;
    bool host_ufo = true;
    bool host_uso = true;
    bool host_tunnel = true;
    bool host_tunnel_csum = true;
    bool mrg_rxbuf = true;
    bool status = true;
    bool ctrl_vq = true;
    bool ctrl_rx = true;
    bool ctrl_vlan = true;
    bool ctrl_rx_extra = true;
    bool ctrl_mac_addr = true;
    bool ctrl_guest_offloads = true;
    bool mq = false;
    bool rss = false;
    bool hash = false;
    std::uint16_t host_mtu = 0;               ///< 0: none is told to the driver.
    std::optional<std::uint32_t> speed = {};  ///< Mbit/s.
    std::optional<bool> full_duplex = {};
};

/// A property that switches a feature: "guest_tso4".
struct VirtioNetSwitch {
    std::string_view name;
    bool VirtioNetProperties::*member;
    VirtioFeature feature;
};
std::span<const VirtioNetSwitch> virtio_net_switches();

/// The names of these features, as properties have them: "csum, mrg_rxbuf".
std::string describe_virtio_net_features(const VirtioFeatures& features);

/// What of the offered set a backend has to be able to do.
struct VirtioNetPeer {
    bool vnet_hdr = false;
    Offloads offloads = {};  ///< Supported; nothing without a header.

    static VirtioNetPeer of(const VnetBackend& backend);
    bool operator==(const VirtioNetPeer&) const = default;
};

/// The features that such a card offers in front of such a backend. Those of rings and transport
/// are none of the card's.
VirtioFeatures virtio_net_host_features(const VirtioNetProperties& properties,
                                        const VirtioNetPeer& peer);

/// Features 24 to 41, which are about rings and transport: it offers them and keeps to them, and
/// the card only wants to know which there are.
inline constexpr VirtioFeatures kTransportFeatures{((std::uint64_t{1} << 18) - 1) << 24 &
                                                   ~(std::uint64_t{1} << 30)};

/// What a driver has really taken: of the card's features never more than it was offered, and a
/// driver that takes everything blindly only what all drivers of its age could.
VirtioFeatures virtio_net_taken_features(const VirtioFeatures& asked,
                                         const VirtioFeatures& offered);

/// The guest's side of offloads, as the control queue numbers them: equal to the feature bits but
/// for tunnels, whose features are beyond 64 bits.
std::uint64_t virtio_net_guest_offload_bits(const VirtioFeatures& acked);
Offloads virtio_net_offloads(std::uint64_t guest_offload_bits);

/// Of receive-segment-coalescing, which shares the numbering.
inline constexpr std::uint64_t kRscOffloadBits = std::uint64_t{1}
                                                 << static_cast<unsigned>(VirtioFeature::rsc_ext);

/// Bytes of the header that the driver puts before frames, and finds there.
std::size_t virtio_net_guest_header(const VirtioFeatures& acked);

/// Bytes of the configuration space, by what the user chose and not by what came of it.
std::size_t virtio_net_config_size(const VirtioNetProperties& properties);

}  // namespace qnetdev
