// SPDX-License-Identifier: MIT
/// What of a card survives a move to another process.
#include "tests/unit/nic/card.h"

namespace qnetdev {
namespace {

using test::bytes;
using test::frame_to;
using test::kCardMac;
using test::le;
using Calls = std::vector<std::string>;

class VirtioNetSaved : public test::Card {
protected:
    static constexpr VirtioFeatures kTaken =
        kModern | VirtioFeatures{mq,  ctrl_vlan,     guest_csum,     guest_tso4,
                                 rss, ctrl_mac_addr, guest_announce, ctrl_guest_offloads};

    /// A card whose guest has changed all that can be, and its state.
    VirtioNetState busy_state() {
        start(kTaken, 4, {.rss = true});
        EXPECT_TRUE(command(0, 0, bytes({0})));
        EXPECT_TRUE(command(0, 5, bytes({1})));
        EXPECT_TRUE(command(1, 0, le(1U) + "unicas" + le(1U) + "multic"));
        EXPECT_TRUE(command(1, 1, "newmac"));
        EXPECT_TRUE(command(2, 0, le<std::uint16_t>(7)));
        EXPECT_TRUE(command(4, 1,
                            le(1U) + le<std::uint16_t>(1) + le<std::uint16_t>(2) +
                                le<std::uint16_t>(0) + le<std::uint16_t>(1) + le<std::uint16_t>(3) +
                                "\x02"
                                "kk"));
        EXPECT_TRUE(command(5, 0, le(std::uint64_t{2})));
        VirtioNetState state = card_->save();
        registry_.remove(*card_);
        registry_.remove(*backend_);
        make(4, {.mq = true, .rss = true});
        card_->set_running(false);
        attach();
        calls_.clear();
        return state;
    }
    std::string refusal(const VirtioNetState& state) {
        const VirtioNetState before = card_->save();
        calls_.clear();
        const Result<void> loaded = card_->load(state);
        EXPECT_EQ(card_->save(), before);
        EXPECT_EQ(calls_, Calls()) << "without effect";
        return loaded ? "was loaded" : loaded.error().message();
    }
};

TEST_F(VirtioNetSaved, IsTheSameAfterwards) {
    const VirtioNetState state = busy_state();
    ASSERT_TRUE(card_->pre_load());
    ASSERT_TRUE(card_->load(state));
    EXPECT_EQ(card_->save(), state);
    EXPECT_EQ(card_->queue_pairs(), 3U);
    EXPECT_EQ(config(0, 6), "newmac");
}

TEST_F(VirtioNetSaved, HasItsQueuesHeadersAndOffloadsAtTheBackend) {
    const VirtioNetState state = busy_state();
    ASSERT_TRUE(card_->load(state));
    EXPECT_EQ(calls_, (Calls{"1: on", "2: on", "0: header 12", "1: header 12", "2: header 12",
                             "3: header 12", "0: offloads"}));
    EXPECT_EQ(backend().fake_vnet.set, (Offloads{.csum = true})) << "not all that the guest took";
}

TEST_F(VirtioNetSaved, MovesFramesOnceItRuns) {
    const VirtioNetState state = busy_state();
    ASSERT_TRUE(card_->load(state));
    transport_->ring(5).add_readable(zeros(12) + frame_to(kCardMac));
    card_->post_load();
    EXPECT_EQ(backend(2).received.size(), 0U);
    card_->set_running(true);
    EXPECT_EQ(backend(2).received.size(), 1U);
}

TEST_F(VirtioNetSaved, AnnouncesItselfWhereItIsNow) {
    const VirtioNetState state = busy_state();
    ASSERT_TRUE(card_->load(state));
    card_->post_load();
    EXPECT_EQ(backend().received.size(), 1U);
    EXPECT_EQ(config(6, 2), le<std::uint16_t>(3));
    EXPECT_EQ(transport_->config_interrupts, 1);
}

TEST_F(VirtioNetSaved, KeepsALinkThatWasDown) {
    VirtioNetState state = busy_state();
    state.config_status = 0;
    ASSERT_TRUE(card_->load(state));
    card_->post_load();
    card_->set_running(true);
    tx().add_readable(zeros(12) + frame_to(kCardMac));
    card_->handle_ring(1);
    EXPECT_EQ(tx().used.size(), 1U);
    ASSERT_TRUE(registry_.set_link("nic0", true));
    EXPECT_EQ(config(6, 1), bytes({3}));
}

TEST_F(VirtioNetSaved, StaysBroken) {
    VirtioNetState state = busy_state();
    state.device_status |= virtio_status::kNeedsReset;
    ASSERT_TRUE(card_->load(state));
    card_->set_running(true);
    tx().add_readable("x");
    card_->handle_ring(1);
    EXPECT_TRUE(transport_->broken.empty());
    EXPECT_EQ(tx().available(), 1U);
}

TEST_F(VirtioNetSaved, NeedsABackendThatCanDoTheSame) {
    VirtioNetState state = busy_state();
    state.had_ufo = true;
    EXPECT_EQ(refusal(state),
              "card 'nic0': the saved state needs a netdev with UDP fragmentation "
              "offload (UFO)");
    state.had_ufo = false;
    state.features.set(guest_uso4);
    state.features.set(hash_report);
    EXPECT_EQ(refusal(state),
              "card 'nic0': the saved state has features that this card cannot offer: guest_uso4, "
              "hash");
    backend().fake_vnet.has_header = false;
    ASSERT_TRUE(card_->pre_load());
    calls_.clear();
    EXPECT_EQ(refusal(state),
              "card 'nic0': the saved state needs a netdev with a virtio-net header");
}

TEST_F(VirtioNetSaved, TakesABackendThatCanDoMore) {
    VirtioNetState state = busy_state();
    backend().fake_vnet.supported.ufo = true;
    ASSERT_TRUE(card_->pre_load());
    EXPECT_TRUE(card_->load(state));
}

TEST_F(VirtioNetSaved, LooksAgainAtABackendThatCameLate) {
    const VirtioNetState state = busy_state();
    registry_.remove(*backend_);
    add_backend(4);
    backend().fake_vnet.supported = {};
    backend().fake_vnet.has_header = false;
    ASSERT_TRUE(registry_.attach(*card_, *backend_));
    ASSERT_TRUE(card_->pre_load());
    EXPECT_FALSE(card_->load(state));
    backend().fake_vnet.has_header = true;
    ASSERT_TRUE(card_->pre_load());
    EXPECT_TRUE(card_->load(state));
}

TEST_F(VirtioNetSaved, NeedsAsManyQueues) {
    VirtioNetState state = busy_state();
    state.max_queue_pairs = 8;
    EXPECT_EQ(refusal(state),
              "card 'nic0': the saved state has 8 pairs of queues, but the netdev "
              "has 4");
}

TEST_F(VirtioNetSaved, IsNotTrusted) {
    const VirtioNetState good = busy_state();
    const auto broken = [&](auto change) {
        VirtioNetState state = good;
        change(state);
        return refusal(state);
    };
    const std::string queues = "card 'nic0': the saved state uses ";
    const std::string why = " pairs of queues, which its guest cannot have asked for";
    EXPECT_EQ(broken([](VirtioNetState& state) { state.queue_pairs = 0; }), queues + "0" + why);
    EXPECT_EQ(broken([](VirtioNetState& state) { state.queue_pairs = 5; }), queues + "5" + why);
    EXPECT_EQ(broken([](VirtioNetState& state) {
                  state.features.set(mq, false);
                  state.features.set(rss, false);
              }),
              queues + "3" + why);
    EXPECT_EQ(broken([](VirtioNetState& state) { state.guest_offloads = 1; }),
              "card 'nic0': the saved state has offloads that its guest did not take");
    EXPECT_EQ(broken([](VirtioNetState& state) { state.filter.unicast.resize(64); }),
              "card 'nic0': the saved state has a receive filter of more than 64 addresses");
    const std::string table =
        "card 'nic0': the saved state has a broken table of receive-side "
        "scaling";
    EXPECT_EQ(broken([](VirtioNetState& state) { state.steering.table.resize(3); }), table);
    EXPECT_EQ(broken([](VirtioNetState& state) { state.steering.table.clear(); }), table);
    EXPECT_EQ(broken([](VirtioNetState& state) { state.steering.table.resize(256); }), table);
    EXPECT_EQ(broken([](VirtioNetState& state) { state.steering.default_queue = 4; }), table);
    EXPECT_EQ(broken([](VirtioNetState& state) { state.steering.types = 0x200; }), table);
}

TEST_F(VirtioNetSaved, IsAsItWasIfTheBackendFails) {
    const VirtioNetState state = busy_state();
    backend(2).fake_vnet.refused_enables = 1;
    const Result<void> loaded = card_->load(state);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().message(), "no queue today");
    EXPECT_EQ(card_->queue_pairs(), 1U);
    EXPECT_FALSE(backend(1).fake_vnet.enabled);
    EXPECT_EQ(backend().fake_vnet.header, 10U);
    EXPECT_EQ(backend().fake_vnet.set, Offloads());
    EXPECT_TRUE(card_->load(state));
}

}  // namespace
}  // namespace qnetdev
