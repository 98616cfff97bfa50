// SPDX-License-Identifier: MIT
#include "net/net_client.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cerrno>

#include "net/base/limits.h"
#include "net/net_client_group.h"
#include "tests/support/fake_client.h"

namespace qnetdev {
namespace {

using test::FakeClient;
using test::TextFrame;
using Frames = std::vector<std::string>;

/// A NIC and a backend, attached.
class NetClient : public ::testing::Test {
protected:
    NetClient()
        : backend_group_(registry_.insert(test::fake_group("n0", NetClientGroup::Kind::netdev))),
          nic_group_(registry_.insert(test::fake_group("nic0", NetClientGroup::Kind::nic))) {
        EXPECT_TRUE(registry_.attach(nic_group_, backend_group_));
    }

    NetClientRegistry registry_;
    NetClientGroup& backend_group_;
    NetClientGroup& nic_group_;
    FakeClient& backend_ = test::fake_client(backend_group_);
    FakeClient& nic_ = test::fake_client(nic_group_);
};

TEST_F(NetClient, DeliversAFrameToThePeer) {
    EXPECT_EQ(backend_.send(TextFrame("ping")), Delivery::done);
    EXPECT_EQ(nic_.received, Frames{"ping"});
    EXPECT_EQ(nic_.send(TextFrame("pong")), Delivery::done);
    EXPECT_EQ(backend_.received, Frames{"pong"});
}

TEST_F(NetClient, PassesAFrameOnInItsPieces) {
    std::string head = "head";
    std::string tail = "tail";
    const std::array<iovec, 2> pieces{{{head.data(), head.size()}, {tail.data(), tail.size()}}};
    EXPECT_EQ(backend_.send(pieces), Delivery::done);
    EXPECT_EQ(nic_.received, Frames{"headtail"});
}

TEST(NetClientAlone, DropsFramesToNobody) {
    FakeClient client("n0", "model");
    EXPECT_EQ(client.send(TextFrame("x")), Delivery::done);
}

TEST_F(NetClient, QueuesWhatThePeerCannotReceive) {
    nic_.can_take = false;
    EXPECT_EQ(backend_.send(TextFrame("one")), Delivery::busy);
    EXPECT_EQ(nic_.received, Frames{});
    nic_.can_take = true;
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, Frames{"one"});
    EXPECT_EQ(backend_.peer_ready_calls, 1);
}

TEST_F(NetClient, QueuesWhatThePeerAnswersBusyTo) {
    nic_.answer = Delivery::busy;
    EXPECT_EQ(backend_.send(TextFrame("one")), Delivery::busy);
    nic_.answer = Delivery::done;
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, Frames{"one"});
}

TEST_F(NetClient, KeepsTheOrderBehindQueuedFrames) {
    nic_.can_take = false;
    EXPECT_EQ(backend_.send(TextFrame("one")), Delivery::busy);
    nic_.can_take = true;
    EXPECT_EQ(backend_.send(TextFrame("two")), Delivery::busy);
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, (Frames{"one", "two"}));
}

TEST_F(NetClient, StopsFlushingWhenThePeerIsBusyAgain) {
    nic_.can_take = false;
    for (const char* text : {"one", "two", "three"}) {
        EXPECT_EQ(backend_.send(TextFrame(text)), Delivery::busy);
    }
    nic_.can_take = true;
    nic_.on_receive = [&](const std::string& frame) { nic_.can_take = frame != "two"; };
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, (Frames{"one", "two"}));
    EXPECT_EQ(backend_.peer_ready_calls, 0);
    nic_.can_take = true;
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, (Frames{"one", "two", "three"}));
    EXPECT_EQ(backend_.peer_ready_calls, 1);
}

TEST_F(NetClient, LosesFramesBeyondTheQueueLimit) {
    nic_.can_take = false;
    for (std::size_t i = 0; i < limits::kQueuedPackets + 10; ++i) {
        EXPECT_EQ(backend_.send(TextFrame("x")), Delivery::busy);
    }
    nic_.can_take = true;
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received.size(), limits::kQueuedPackets);
}

TEST_F(NetClient, CallsNobodyWhenAnEmptyQueueIsFlushed) {
    nic_.flush_incoming();
    EXPECT_EQ(backend_.peer_ready_calls, 0);
}

TEST_F(NetClient, DropsFramesOverALinkThatIsDownAtEitherEnd) {
    registry_.set_link("nic0", false);
    EXPECT_EQ(backend_.send(TextFrame("x")), Delivery::done);
    EXPECT_EQ(nic_.send(TextFrame("x")), Delivery::done);
    EXPECT_EQ(nic_.received, Frames{});
    EXPECT_EQ(backend_.received, Frames{});
    registry_.set_link("nic0", true);
    EXPECT_EQ(backend_.send(TextFrame("y")), Delivery::done);
    EXPECT_EQ(nic_.received, Frames{"y"});
}

TEST_F(NetClient, DropsQueuedFramesWhenTheLinkIsDown) {
    nic_.can_take = false;
    EXPECT_EQ(backend_.send(TextFrame("x")), Delivery::busy);
    registry_.set_link("nic0", false);
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, Frames{});
    EXPECT_EQ(backend_.peer_ready_calls, 1);
}

TEST_F(NetClient, LetsAClientAnswerInsideReceive) {
    nic_.on_receive = [&](const std::string& frame) {
        EXPECT_EQ(nic_.send(TextFrame("re: " + frame)), Delivery::done);
    };
    EXPECT_EQ(backend_.send(TextFrame("hello")), Delivery::done);
    EXPECT_EQ(backend_.received, Frames{"re: hello"});
}

TEST_F(NetClient, QueuesAnAnswerToAClientThatIsStillReceiving) {
    int depth = 0;
    nic_.on_receive = [&](const std::string& frame) {
        EXPECT_EQ(++depth, 1);  // never re-entered
        if (frame == "one") {
            EXPECT_EQ(backend_.send(TextFrame("two")), Delivery::busy);
            EXPECT_EQ(nic_.received.size(), 1U);
        }
        --depth;
    };
    EXPECT_EQ(backend_.send(TextFrame("one")), Delivery::done);
    EXPECT_EQ(nic_.received, (Frames{"one", "two"}));
}

TEST_F(NetClient, MayPurgeItsQueueInsideReceive) {
    nic_.can_take = false;
    EXPECT_EQ(backend_.send(TextFrame("one")), Delivery::busy);
    EXPECT_EQ(backend_.send(TextFrame("two")), Delivery::busy);
    nic_.can_take = true;
    nic_.on_receive = [&](const std::string&) { nic_.purge_incoming(); };
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, Frames{"one"});
}

TEST_F(NetClient, MayFlushItsQueueInsideReceive) {
    nic_.can_take = false;
    for (const char* text : {"one", "two", "three"}) {
        EXPECT_EQ(backend_.send(TextFrame(text)), Delivery::busy);
    }
    nic_.can_take = true;
    nic_.on_receive = [&](const std::string&) { nic_.flush_incoming(); };
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, (Frames{"one", "two", "three"}));
}

TEST_F(NetClient, MaySendInsideOnPeerReady) {
    nic_.can_take = false;
    EXPECT_EQ(backend_.send(TextFrame("one")), Delivery::busy);
    nic_.can_take = true;
    backend_.on_ready = [&] { EXPECT_EQ(backend_.send(TextFrame("two")), Delivery::done); };
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, (Frames{"one", "two"}));
}

TEST_F(NetClient, TellsThePeerWhenItsFramesArePurged) {
    nic_.can_take = false;
    EXPECT_EQ(backend_.send(TextFrame("one")), Delivery::busy);
    nic_.purge_incoming();
    EXPECT_EQ(backend_.peer_ready_calls, 1);
    nic_.can_take = true;
    nic_.flush_incoming();
    EXPECT_EQ(nic_.received, Frames{});
    nic_.purge_incoming();
    EXPECT_EQ(backend_.peer_ready_calls, 1);
}

TEST_F(NetClient, DropsWhatItReceivesByDefault) {
    struct Plain : NetClientState {
        using NetClientState::NetClientState;
        std::string_view driver() const override { return "plain"; }
    };
    auto group = std::make_unique<NetClientGroup>("n1", NetClientGroup::Kind::netdev);
    group->add(std::make_unique<Plain>("n1", "plain"));
    NetClientGroup& plain = registry_.insert(std::move(group));
    NetClientGroup& nic = registry_.insert(test::fake_group("nic1", NetClientGroup::Kind::nic));
    ASSERT_TRUE(registry_.attach(nic, plain));
    EXPECT_EQ(test::fake_client(nic).send(TextFrame("x")), Delivery::done);
}

TEST(NetClientInfo, HasNameIndexTypeAndText) {
    FakeClient client("n0", "model");
    client.info = "fd=3";
    EXPECT_EQ(client.info_line(), "n0: index=0,type=fake,fd=3");
}

TEST(NetClientInfo, CutsTheTextTo255Bytes) {
    FakeClient client("n0", "model");
    client.info = std::string(300, 'i');
    EXPECT_EQ(client.info_line(), "n0: index=0,type=fake," + std::string(255, 'i'));
}

TEST(NetClientDefaults, OfferNothing) {
    FakeClient client("n0", "model");
    EXPECT_FALSE(client.vnet().has_vnet_hdr());
    EXPECT_FALSE(client.vnet().has_vnet_hdr_len(10));
    EXPECT_EQ(client.vnet().vnet_hdr_len(), 0U);
    EXPECT_EQ(client.vnet().host_vnet_hdr_len(), 0U);
    EXPECT_EQ(client.vnet().supported_offloads(), Offloads{});
    client.vnet().set_offload({.csum = true});
    EXPECT_EQ(client.vnet().offloads(), Offloads{});
}

TEST(NetClientDefaults, RefuseWhatTheyDoNotHave) {
    FakeClient client("n0", "model");
    EXPECT_EQ(client.vnet().set_vnet_hdr_len(10).error().message(),
              "vnet header: Function not implemented");
    EXPECT_EQ(client.vnet().set_vnet_le(true).error().message(),
              "little-endian vnet header: Function not implemented");
    EXPECT_EQ(client.vnet().set_vnet_be(true).error().message(),
              "big-endian vnet header: Function not implemented");
    EXPECT_EQ(client.vnet().set_steering_ebpf(3).error().message(),
              "steering program: Function not implemented");
    EXPECT_EQ(client.vnet().set_steering_ebpf(3).error().errnum(), ENOSYS);
}

TEST(NetVnetByteOrder, OfTheHostNeedsNoSupport) {
    FakeClient client("n0", "model");
    const bool little = std::endian::native == std::endian::little;
    EXPECT_EQ(bool(net_set_vnet_le(client.vnet(), true)), little);
    EXPECT_EQ(bool(net_set_vnet_be(client.vnet(), true)), !little);
}

}  // namespace
}  // namespace qnetdev
