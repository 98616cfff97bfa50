// SPDX-License-Identifier: MIT
#include "net/nic/virtio_net_features.h"

#include <gtest/gtest.h>

namespace qnetdev {
namespace {

using enum VirtioFeature;

constexpr Offloads kEverything{.csum = true,
                               .tso4 = true,
                               .tso6 = true,
                               .ecn = true,
                               .ufo = true,
                               .uso4 = true,
                               .uso6 = true,
                               .tunnel = true,
                               .tunnel_csum = true};
constexpr VirtioNetPeer kRich{.vnet_hdr = true, .offloads = kEverything};

VirtioFeatures offered(const VirtioNetProperties& properties, const VirtioNetPeer& peer = kRich) {
    return virtio_net_host_features(properties, peer);
}

TEST(VirtioNetFeatures, AreQemusWithoutPropertiesInFrontOfABackendThatCanDoAll) {
    // Bits 0 1 2 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 23; USO; tunnels.
    EXPECT_EQ(offered({}).low(), 0xbfffe7U | std::uint64_t{7} << 54);
    EXPECT_EQ(offered({}).high(), 0x1eU);
}

TEST(VirtioNetFeatures, AreFewerWithoutAHeader) {
    const VirtioFeatures features =
        offered({.hash = true}, {.vnet_hdr = false, .offloads = kEverything});
    EXPECT_EQ(features,
              (VirtioFeatures{ctrl_guest_offloads, mac, gso, mrg_rxbuf, status, ctrl_vq, ctrl_rx,
                              ctrl_vlan, ctrl_rx_extra, guest_announce, ctrl_mac_addr}));
}

TEST(VirtioNetFeatures, FollowEachOffloadOfTheBackend) {
    const auto lost = [](bool Offloads::*offload) {
        VirtioNetPeer peer = kRich;
        peer.offloads.*offload = false;
        return offered({}) & ~offered({}, peer);
    };
    EXPECT_EQ(lost(&Offloads::ufo), (VirtioFeatures{guest_ufo, host_ufo}));
    EXPECT_EQ(lost(&Offloads::uso4), (VirtioFeatures{guest_uso4, guest_uso6, host_uso}));
    EXPECT_EQ(lost(&Offloads::uso6), (VirtioFeatures{guest_uso4, guest_uso6, host_uso}));
    EXPECT_EQ(lost(&Offloads::tunnel),
              (VirtioFeatures{guest_tunnel, guest_tunnel_csum, host_tunnel, host_tunnel_csum}));
    EXPECT_EQ(lost(&Offloads::tunnel_csum), (VirtioFeatures{guest_tunnel_csum, host_tunnel_csum}));
    EXPECT_EQ(lost(&Offloads::tso4), VirtioFeatures()) << "QEMU does not ask for it";
}

TEST(VirtioNetFeatures, AreSwitchedByTheirProperties) {
    EXPECT_EQ(virtio_net_switches().size(), 30U);
    for (const VirtioNetSwitch& choice : virtio_net_switches()) {
        VirtioNetProperties properties;
        properties.*choice.member = true;
        EXPECT_TRUE(offered(properties).has(choice.feature)) << choice.name;
        properties.*choice.member = false;
        EXPECT_FALSE(offered(properties).has(choice.feature)) << choice.name;
    }
    EXPECT_FALSE(offered({}).has(mtu));
    EXPECT_TRUE(offered({.host_mtu = 1500}).has(mtu));
    EXPECT_TRUE(offered({.speed = 0}).has(speed_duplex));
    EXPECT_TRUE(offered({.full_duplex = false}).has(speed_duplex));
}

TEST(VirtioNetFeatures, AreTakenOnlyAsFarAsTheyWereOffered) {
    const VirtioFeatures offers = offered({.csum = false});
    EXPECT_EQ(virtio_net_taken_features({csum, mq, status, version_1}, offers),
              (VirtioFeatures{status, version_1}));
    EXPECT_EQ(virtio_net_taken_features(~VirtioFeatures(), offers),
              (VirtioFeatures{mac, host_tso4, host_tso6, host_ecn}))
        << "a driver that takes everything, the bad bit too";
}

TEST(VirtioNetFeatures, OfTheGuestBecomeOffloadsOfTheHost) {
    EXPECT_EQ(virtio_net_guest_offload_bits({csum, host_tso4, mac}), 0U);
    const std::uint64_t bits = virtio_net_guest_offload_bits(offered({}));
    EXPECT_EQ(bits, 1U << 1 | 0xfU << 7 | std::uint64_t{3} << 46 | std::uint64_t{3} << 54);
    EXPECT_EQ(virtio_net_offloads(bits), kEverything);
    EXPECT_EQ(virtio_net_offloads(1U << 1 | 1U << 8), (Offloads{.csum = true, .tso6 = true}));
}

TEST(VirtioNetFeatures, DecideTheLengthOfTheHeader) {
    EXPECT_EQ(virtio_net_guest_header({}), 10U);
    EXPECT_EQ(virtio_net_guest_header({mrg_rxbuf}), 12U);
    EXPECT_EQ(virtio_net_guest_header({hash_report}), 10U) << "legacy has no such header";
    EXPECT_EQ(virtio_net_guest_header({version_1}), 12U);
    EXPECT_EQ(virtio_net_guest_header({version_1, hash_report}), 20U);
    for (const VirtioFeature tunnel :
         {guest_tunnel, guest_tunnel_csum, host_tunnel, host_tunnel_csum}) {
        EXPECT_EQ(virtio_net_guest_header({version_1, tunnel}), 24U);
    }
}

TEST(VirtioNetFeatures, DecideTheSizeOfTheConfiguration) {
    EXPECT_EQ(virtio_net_config_size({.status = false}), 6U);
    EXPECT_EQ(virtio_net_config_size({}), 8U);
    EXPECT_EQ(virtio_net_config_size({.status = false, .mq = true}), 10U);
    EXPECT_EQ(virtio_net_config_size({.host_mtu = 1500}), 12U);
    EXPECT_EQ(virtio_net_config_size({.speed = 10}), 17U);
    EXPECT_EQ(virtio_net_config_size({.rss = true}), 24U);
    EXPECT_EQ(virtio_net_config_size({.hash = true}), 24U);
}

TEST(VirtioNetFeatures, AreNamedAsTheUserSwitchesThem) {
    EXPECT_EQ(describe_virtio_net_features({mtu, mq, mac, guest_tunnel, version_1}),
              "mq, guest_tunnel, host_mtu");
    EXPECT_EQ(describe_virtio_net_features({}), "");
}

}  // namespace
}  // namespace qnetdev
