// SPDX-License-Identifier: MIT
#include "net/nic/virtio_net.h"

#include "tests/unit/nic/card.h"

namespace qnetdev {
namespace {

using test::bytes;
using test::kCardMac;
using test::le;
using test::mac_text;
using Calls = std::vector<std::string>;

class VirtioNetCard : public test::Card {};

TEST_F(VirtioNetCard, KeepsTheFirstQueueOfItsNetdevWhenItTakesIt) {
    make(3);
    attach();
    EXPECT_EQ(calls_, (Calls{"0: header 10", "1: header 10", "2: header 10", "1: off", "2: off",
                             "0: offloads"}));
    EXPECT_EQ(backend().fake_vnet.set, Offloads());
}

TEST_F(VirtioNetCard, OffersWhatItsNetdevCanDo) {
    make();
    EXPECT_FALSE(card_->host_features().has(csum));
    attach();
    EXPECT_TRUE(card_->host_features().has(csum));
    EXPECT_FALSE(card_->host_features().has(host_ufo));
}

TEST_F(VirtioNetCard, AsksNoNetdevWithoutHeaderForHeadersAndOffloads) {
    make(2);
    backend(0).fake_vnet.has_header = backend(1).fake_vnet.has_header = false;
    attach();
    drive(kModern | VirtioFeatures{csum, guest_csum});
    EXPECT_EQ(card_->features(), kModern);
    card_->reset();
    EXPECT_EQ(calls_, Calls());
}

TEST_F(VirtioNetCard, SetsLengthsOnAllQueuesAndOffloadsOnTheFirst) {
    make(2);
    attach();
    calls_.clear();
    card_->set_features({version_1, guest_csum, guest_tso4, guest_ecn, csum});
    EXPECT_EQ(calls_, (Calls{"0: header 12", "1: header 12", "0: offloads"}));
    EXPECT_EQ(backend().fake_vnet.set, (Offloads{.csum = true, .tso4 = true, .ecn = true}));
}

TEST_F(VirtioNetCard, SwitchesItsNetdevBackWhenTheGuestReboots) {
    start({version_1, guest_csum, mrg_rxbuf});
    card_->set_status(0);
    EXPECT_EQ(calls_, (Calls{"0: header 10", "0: offloads"}));
    EXPECT_EQ(backend().fake_vnet.set, Offloads());
}

TEST_F(VirtioNetCard, NeedsNoHeaderOfTheGuestsLengthFromItsNetdev) {
    make();
    backend().fake_vnet.longest_header = 10;
    attach();
    drive();
    EXPECT_EQ(calls_, Calls());
    EXPECT_EQ(backend().fake_vnet.header, 10U);
}

TEST_F(VirtioNetCard, HasItsControlQueueBehindAllPairsOnlyWithMultiqueue) {
    make(4, {.mq = true});
    attach();
    card_->set_features({ctrl_vq});
    EXPECT_EQ(transport_->ring_count, 3U);
    EXPECT_EQ(card_->control_ring(), 2U);
    card_->set_features({ctrl_vq, mq});
    EXPECT_EQ(transport_->ring_count, 9U);
    EXPECT_EQ(card_->control_ring(), 8U);
}

TEST_F(VirtioNetCard, TellsNobodyTheHostsOwnByteOrder) {
    start();
    card_->set_status(0);
    EXPECT_EQ(calls_, (Calls{"0: header 10", "0: offloads"}));
}

TEST_F(VirtioNetCard, TellsItsNetdevTheOtherByteOrderWhileItRuns) {
    make();
    attach();
    transport_->byte_order = ByteOrder::big;
    calls_.clear();
    card_->set_features({});
    card_->set_status(3);
    EXPECT_EQ(calls_, (Calls{"0: offloads"})) << "not before the driver is ready";
    card_->set_status(7);
    card_->set_running(false);
    card_->set_running(true);
    EXPECT_EQ(calls_, (Calls{"0: offloads", "0: be on", "0: be off", "0: be on"}));
}

TEST_F(VirtioNetCard, UndoesAByteOrderThatOneQueueRefuses) {
    make(2, {.mq = true});
    attach();
    transport_->byte_order = ByteOrder::big;
    backend(1).fake_vnet.refuses_order = true;
    card_->set_features({mq, ctrl_vq});
    card_->set_status(7);
    calls_.clear();
    control().add({bytes({4, 0, 0, 2})}, {1});  // the number is big-endian, too
    card_->handle_ring(card_->control_ring());
    EXPECT_EQ(calls_, (Calls{"1: on", "0: be on", "1: be on", "0: be off"}));
}

TEST_F(VirtioNetCard, ShowsItsConfiguration) {
    make(3, {.mq = true, .rss = true, .host_mtu = 0x5dc, .speed = 0x2710, .full_duplex = true});
    attach();
    card_->set_features({version_1});
    EXPECT_EQ(card_->config_size(), 24U);
    EXPECT_EQ(config(0, 26), mac_text(kCardMac) + le<std::uint16_t>(1) + le<std::uint16_t>(3) +
                                 le<std::uint16_t>(1500) + le<std::uint32_t>(10000) +
                                 bytes({1, 40}) + le<std::uint16_t>(128) +
                                 le<std::uint32_t>(0x1ff) + bytes({0, 0}));
    EXPECT_EQ(config(4, 2), mac_text(kCardMac).substr(4));
    EXPECT_EQ(config(~std::size_t{0}, 3), zeros(3));
}

TEST_F(VirtioNetCard, ShowsOnlyTheFieldsOfItsProperties) {
    make();
    EXPECT_EQ(card_->config_size(), 8U);
    EXPECT_EQ(config(6, 6), le<std::uint16_t>(1) + zeros(4));
}

TEST_F(VirtioNetCard, ShowsNumbersInTheOrderOfALegacyGuest) {
    make();
    transport_->byte_order = ByteOrder::big;
    EXPECT_EQ(config(6, 2), bytes({0, 1}));
    card_->set_features({version_1});
    EXPECT_EQ(config(6, 2), bytes({1, 0}));
}

TEST_F(VirtioNetCard, LetsOldGuestsWriteTheAddress) {
    const auto write = [this](std::size_t offset, const std::string& text) {
        card_->write_config(offset, std::as_bytes(std::span(text.data(), text.size())));
    };
    make();
    attach();
    write(5, "z-and-more");
    EXPECT_EQ(card_->mac(), (MacAddress{{0x52, 0x54, 0, 0x12, 0x34, 'z'}}));
    EXPECT_EQ(card_->client(0).info_line(),
              "nic0: index=0,type=nic,model=virtio-net-device,macaddr=52:54:00:12:34:7a");
    write(6, "no");
    write(~std::size_t{0}, "no");
    EXPECT_EQ(config(6, 2), le<std::uint16_t>(1));
    card_->set_features({ctrl_mac_addr});
    write(0, "a");
    card_->set_features({version_1});
    write(0, "b");
    EXPECT_EQ(card_->mac().bytes[0], 0x52);
    card_->reset();
    EXPECT_EQ(card_->mac(), kCardMac);
}

TEST_F(VirtioNetCard, HasInfoTextOnItsFirstQueueOnly) {
    make(2);
    attach();
    EXPECT_EQ(card_->client(0).info_line(),
              "nic0: index=0,type=nic,model=virtio-net-device,macaddr=52:54:00:12:34:56");
    EXPECT_EQ(card_->client(1).info_line(), "nic0: index=1,type=nic,");
}

TEST_F(VirtioNetCard, FollowsTheLinkOfItsNetdev) {
    start();
    ASSERT_TRUE(registry_.set_link("n0", false));
    EXPECT_EQ(config(6, 2), le<std::uint16_t>(0));
    EXPECT_EQ(transport_->config_interrupts, 1);
    ASSERT_TRUE(registry_.set_link("n0", false));
    EXPECT_EQ(transport_->config_interrupts, 1) << "nothing has changed";
    ASSERT_TRUE(registry_.set_link("n0", true));
    EXPECT_EQ(config(6, 2), le<std::uint16_t>(1));
    EXPECT_EQ(transport_->config_interrupts, 2);
}

TEST_F(VirtioNetCard, HasALinkOfItsOwn) {
    start();
    ASSERT_TRUE(registry_.set_link("nic0", false));
    EXPECT_EQ(config(6, 2), le<std::uint16_t>(0));
    EXPECT_FALSE(backend().link_down());
}

TEST_F(VirtioNetCard, LosesItsLinkWithItsNetdevAndLivesOn) {
    start(kModern | VirtioFeatures{mq}, 2);
    registry_.remove(*backend_);
    EXPECT_EQ(config(6, 2), le<std::uint16_t>(0));
    EXPECT_TRUE(command(4, 0, le<std::uint16_t>(2)));
    send(zeros(12), test::frame_to(kCardMac));
    EXPECT_EQ(tx().used.size(), 1U);
    card_->reset();
}

TEST_F(VirtioNetCard, AnnouncesTheAddressThatItWasMadeWith) {
    start(kModern | VirtioFeatures{ctrl_mac_addr});
    ASSERT_TRUE(command(1, 1, "zzzzzz"));
    card_->client(0).announce();
    const auto frame = announcement_frame(kCardMac);
    EXPECT_EQ(backend().received,
              (Calls{zeros(12) +
                     std::string(reinterpret_cast<const char*>(frame.data()), frame.size())}));
    EXPECT_EQ(transport_->config_interrupts, 0) << "the guest cannot";
}

TEST_F(VirtioNetCard, LetsTheGuestAnnounceItself) {
    start(kModern | VirtioFeatures{guest_announce});
    EXPECT_FALSE(command(3, 0, "")) << "nobody has asked it to";
    card_->client(0).announce();
    EXPECT_EQ(config(6, 2), le<std::uint16_t>(3));
    EXPECT_EQ(transport_->config_interrupts, 1);
    EXPECT_FALSE(command(3, 1, ""));
    EXPECT_TRUE(command(3, 0, ""));
    EXPECT_EQ(config(6, 2), le<std::uint16_t>(1));
    EXPECT_FALSE(command(3, 0, ""));
}

TEST_F(VirtioNetCard, ForgetsAllThatTheGuestSetWhenItIsReset) {
    start(kModern | VirtioFeatures{mq, ctrl_mac_addr, ctrl_vlan, guest_announce}, 2);
    ASSERT_TRUE(command(0, 0, bytes({0})));
    ASSERT_TRUE(command(0, 5, bytes({1})));
    ASSERT_TRUE(command(1, 1, "zzzzzz"));
    ASSERT_TRUE(command(2, 0, le<std::uint16_t>(7)));
    ASSERT_TRUE(command(4, 0, le<std::uint16_t>(2)));
    card_->client(0).announce();
    ASSERT_TRUE(registry_.set_link("n0", false));
    card_->set_status(0);
    EXPECT_EQ(card_->status(), 0);
    EXPECT_EQ(card_->queue_pairs(), 1U);
    EXPECT_FALSE(backend(1).fake_vnet.enabled);
    EXPECT_EQ(card_->mac(), kCardMac);
    EXPECT_EQ(config(6, 2), le<std::uint16_t>(0)) << "the link is not the guest's";
    ReceiveFilter fresh;
    fresh.vlans.set();
    EXPECT_EQ(card_->query_receive_filter()->filter, fresh);
}

TEST_F(VirtioNetCard, UsesOnePairAfterAResetEvenIfAQueueStaysAttached) {
    start(kModern | VirtioFeatures{mq}, 2);
    ASSERT_TRUE(command(4, 0, le<std::uint16_t>(2)));
    backend(1).fake_vnet.refused_enables = 1;
    card_->set_status(0);
    EXPECT_EQ(log_, (Calls{"card 'nic0': no queue today"}));
    EXPECT_EQ(card_->queue_pairs(), 1U);
    drive();
    rx().add_writable(200);
    (void)arrive(test::frame_to(kCardMac), zeros(12), 1);
    EXPECT_EQ(rx().used.size(), 1U);
}

TEST_F(VirtioNetCard, FiltersTagsOnlyForGuestsThatAskForIt) {
    make();
    attach();
    card_->set_features({ctrl_vlan});
    EXPECT_EQ(card_->query_receive_filter()->vlan_state(), ReceiveState::none);
    card_->set_features({});
    EXPECT_EQ(card_->query_receive_filter()->vlan_state(), ReceiveState::all);
}

TEST_F(VirtioNetCard, TellsOfTheFirstChangeOfItsFilterAfterEachQuery) {
    int told = 0;
    start();
    card_->set_filter_listener([&told](Nic& nic) { told += nic.id() == "nic0" ? 1 : 100; });
    ASSERT_TRUE(command(0, 0, bytes({0})));
    ASSERT_TRUE(command(0, 0, bytes({1})));
    EXPECT_EQ(told, 1);
    (void)card_->query_receive_filter();
    EXPECT_FALSE(command(0, 9, bytes({1})));
    EXPECT_EQ(told, 1);
    ASSERT_TRUE(command(0, 1, bytes({1})));
    EXPECT_EQ(told, 2);
}

TEST_F(VirtioNetCard, IsBrokenUntilItIsReset) {
    start();
    control().add({"x"}, {1});
    card_->handle_ring(card_->control_ring());
    EXPECT_EQ(transport_->broken,
              (Calls{"a command without its class or without room for an answer"}));
    EXPECT_EQ(log_.size(), 1U);
    EXPECT_EQ(card_->status(), 15 | virtio_status::kNeedsReset);
    card_->set_status(15);
    EXPECT_EQ(card_->status(), 15 | virtio_status::kNeedsReset) << "a driver cannot unsay it";
    send(zeros(12), test::frame_to(kCardMac));
    EXPECT_EQ(tx().used.size(), 0U);
    card_->set_status(0);
    drive();
    card_->handle_ring(1);
    EXPECT_EQ(tx().used.size(), 1U);
    EXPECT_EQ(transport_->broken.size(), 1U);
}

TEST_F(VirtioNetCard, TellsALegacyGuestNothingOfItsNeedOfAReset) {
    start({ctrl_vq});
    control().add({"xx"}, {});
    card_->handle_ring(card_->control_ring());
    EXPECT_EQ(card_->status(), 15);
    EXPECT_EQ(transport_->broken.size(), 1U);
}

TEST_F(VirtioNetCard, IgnoresRingsBeforeTheDriverIsReadyAndThoseThatItHasNot) {
    make();
    attach();
    card_->set_features(kModern);
    tx().add_readable(zeros(12) + test::frame_to(kCardMac));
    card_->handle_ring(1);
    card_->handle_ring(3);
    card_->handle_ring(~0U);
    EXPECT_EQ(backend().received, Calls());
    card_->set_status(15);
    EXPECT_EQ(backend().received.size(), 1U) << "what was there before it was ready";
}

TEST_F(VirtioNetCard, TakesAnotherNetdevThatCanDoTheSame) {
    start({version_1, guest_csum, mrg_rxbuf, status});
    registry_.remove(*backend_);
    add_backend(1, "n1");
    calls_.clear();
    attach();
    ASSERT_TRUE(registry_.set_link("nic0", true));
    EXPECT_EQ(calls_, (Calls{"0: header 12", "0: offloads"}));
    EXPECT_EQ(backend().fake_vnet.set, (Offloads{.csum = true}));
    send(zeros(12), test::frame_to(kCardMac));
    EXPECT_EQ(backend().received.size(), 1U);
}

TEST_F(VirtioNetCard, RefusesANetdevThatCannotDoWhatTheGuestHas) {
    start({version_1, guest_csum, host_tso4, csum});
    registry_.remove(*backend_);
    add_backend(1, "n1");
    backend().fake_vnet.has_header = false;
    const Result<void> fits = card_->check_netdev(*backend_);
    ASSERT_FALSE(fits);
    EXPECT_EQ(fits.error().message(),
              "card 'nic0': the netdev cannot do what the guest was promised: csum, guest_csum, "
              "host_tso4");
}

}  // namespace
}  // namespace qnetdev
