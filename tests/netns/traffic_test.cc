// SPDX-License-Identifier: MIT
/// Frames between the host's side of a tap and a NIC attached to its netdev.
#include <linux/if_tun.h>

#include <algorithm>
#include <array>
#include <deque>

#include "tests/netns/packets.h"
#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

using std::chrono::milliseconds;

/// A NIC queue that keeps what it gets.
class TestNic : public NetClientState {
public:
    TestNic() : NetClientState("nic0", "test-nic") {}

    std::string_view driver() const override { return "nic"; }
    bool can_receive() const override { return room > 0; }
    Delivery receive(Frame frame) override {
        std::string bytes;
        for (const iovec& piece : frame) {
            bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        }
        if (is_test_frame(bytes.substr(std::min(header_length, bytes.size())))) {
            frames.push_back(std::move(bytes));
            --room;
        }
        return Delivery::done;
    }
    void on_link_changed() override { ++link_changes; }

    Delivery send_bytes(const std::string& bytes) {
        // In two pieces, as a guest's buffers come.
        const std::size_t half = bytes.size() / 2;
        const std::array<iovec, 2> pieces{
            {{const_cast<char*>(bytes.data()), half},
             {const_cast<char*>(bytes.data()) + half, bytes.size() - half}}};
        return send(pieces);
    }

    std::deque<std::string> frames;
    std::size_t header_length = 0;
    int room = 1000;
    int link_changes = 0;
};

class TapTraffic : public Netns {
protected:
    /// A NIC of so many queues on a netdev.
    std::vector<TestNic*> attach(unsigned queues = 1, const std::string& netdev = "n0",
                                 const std::string& id = "nic0") {
        auto group = std::make_unique<NetClientGroup>(id, NetClientGroup::Kind::nic);
        std::vector<TestNic*> nics;
        for (unsigned queue = 0; queue < queues; ++queue) {
            nics.push_back(&static_cast<TestNic&>(group->add(std::make_unique<TestNic>())));
        }
        const Result<NetClientGroup*> attached =
            net_nic_attach(context(), std::move(group), netdev);
        require(bool(attached), "net_nic_attach");
        return nics;
    }
    /// The next frame that the NIC gets; empty if none comes within seconds.
    std::string next_frame(TestNic& nic) {
        if (!loop().run_until([&] { return !nic.frames.empty(); })) {
            return {};
        }
        std::string frame = nic.frames.front();
        nic.frames.pop_front();
        return frame;
    }
};

TEST_F(TapTraffic, FramesArriveAtTheNicAndBackWithoutAHeader) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = false})), "ok");
    set_up("t0");
    const PacketSocket host("t0");
    TestNic& nic = *attach()[0];
    host.send(make_frame("to the guest"));
    EXPECT_EQ(next_frame(nic), make_frame("to the guest"));
    EXPECT_EQ(nic.send_bytes(make_frame("to the host")), Delivery::done);
    EXPECT_EQ(host.receive(), make_frame("to the host"));
}

TEST_F(TapTraffic, ANicThatUsesNoHeaderDoesNotSeeTheTaps) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = true})), "ok");
    set_up("t0");
    const PacketSocket host("t0");
    TestNic& nic = *attach()[0];
    host.send(make_frame("to the guest"));
    EXPECT_EQ(next_frame(nic), make_frame("to the guest"));
    EXPECT_EQ(nic.send_bytes(make_frame("to the host")), Delivery::done);
    EXPECT_EQ(host.receive(), make_frame("to the host"));
}

TEST_F(TapTraffic, ANicThatUsesAHeaderGetsItAtItsLength) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = true})), "ok");
    set_up("t0");
    const PacketSocket host("t0");
    TestNic& nic = *attach()[0];
    for (const std::size_t length : {10U, 12U, 20U}) {
        nic.header_length = length;
        ASSERT_EQ(outcome(nic.peer()->vnet().set_vnet_hdr_len(length)), "ok");
        host.send(make_frame("to the guest"));
        const std::string frame = next_frame(nic);
        EXPECT_EQ(frame.size(), length + make_frame("to the guest").size());
        EXPECT_EQ(frame.substr(std::min(length, frame.size())), make_frame("to the guest"));
        EXPECT_EQ(nic.send_bytes(std::string(length, '\0') + make_frame("to the host")),
                  Delivery::done);
        EXPECT_EQ(host.receive(), make_frame("to the host"));
    }
}

TEST_F(TapTraffic, LargeFramesPassUncut) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    set_up("t0");
    const PacketSocket host("t0");
    TestNic& nic = *attach()[0];
    const std::string frame = make_frame(std::string(1500, 'x'));
    host.send(frame);
    EXPECT_EQ(next_frame(nic), frame);
    EXPECT_EQ(nic.send_bytes(frame), Delivery::done);
    EXPECT_EQ(host.receive(), frame);
}

TEST_F(TapTraffic, CrossesARealBridgeFromTapToTap) {
    const Bridge bridge("br0");
    ASSERT_EQ(outcome(init({.ifname = "t0"}, "a")), "ok");
    ASSERT_EQ(outcome(init({.ifname = "t1", .vnet_hdr = false}, "b")), "ok");
    for (const char* name : {"t0", "t1"}) {
        set_master(name, "br0");
        set_up(name);
    }
    set_up("br0");
    TestNic& left = *attach(1, "a", "left")[0];
    TestNic& right = *attach(1, "b", "right")[0];
    // A bridge's port forwards a moment after it came up.
    for (int attempt = 0; attempt < 50 && right.frames.empty(); ++attempt) {
        EXPECT_EQ(left.send_bytes(make_frame("across")), Delivery::done);
        (void)loop().run_until([&] { return !right.frames.empty(); }, milliseconds(100));
    }
    EXPECT_EQ(next_frame(right), make_frame("across"));
    EXPECT_EQ(right.send_bytes(make_frame("and back")), Delivery::done);
    EXPECT_EQ(next_frame(left), make_frame("and back"));
    drop_context();
}

TEST_F(TapTraffic, FramesOfEveryQueueArriveAtItsNicQueue) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 4})), "ok");
    set_up("t0");
    const PacketSocket host("t0");
    const std::vector<TestNic*> nics = attach(4);
    for (TestNic* nic : nics) {
        EXPECT_EQ(nic->send_bytes(make_frame("queue " + std::to_string(nic->queue_index()))),
                  Delivery::done);
        EXPECT_EQ(host.receive(), make_frame("queue " + std::to_string(nic->queue_index())));
    }
    host.send(make_frame("to any queue"));
    std::size_t arrived = 0;
    EXPECT_TRUE(loop().run_until([&] {
        arrived = 0;
        for (const TestNic* nic : nics) {
            arrived += nic->frames.size();
        }
        return arrived != 0;
    }));
    EXPECT_EQ(arrived, 1U);
}

TEST_F(TapTraffic, ADetachedQueueGetsNothing) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    ASSERT_EQ(outcome(tap_disable(client(0))), "ok");
    set_up("t0");
    const PacketSocket host("t0");
    const std::vector<TestNic*> nics = attach(2);
    for (int i = 0; i < 10; ++i) {
        host.send(make_frame("frame " + std::to_string(i)));
    }
    EXPECT_TRUE(loop().run_until([&] { return nics[1]->frames.size() == 10; }));
    EXPECT_TRUE(nics[0]->frames.empty());
    ASSERT_EQ(outcome(tap_enable(client(0))), "ok");
    ASSERT_EQ(outcome(tap_disable(client(1))), "ok");
    host.send(make_frame("after the swap"));
    EXPECT_EQ(next_frame(*nics[0]), make_frame("after the swap"));
}

TEST_F(TapTraffic, ABusyNicGetsEverythingOnceItIsReady) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    set_up("t0");
    const PacketSocket host("t0");
    TestNic& nic = *attach()[0];
    nic.room = 0;
    for (int i = 0; i < 20; ++i) {
        host.send(make_frame("frame " + std::to_string(i)));
    }
    // Reading stops: the frames wait in the kernel, and the loop has nothing to do.
    EXPECT_LT(loop().run_pending(100), 10);
    EXPECT_TRUE(nic.frames.empty());
    nic.room = 1000;
    nic.flush_incoming();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(next_frame(nic), make_frame("frame " + std::to_string(i)));
    }
}

TEST_F(TapTraffic, NothingPassesWhileTheLinkIsDown) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    set_up("t0");
    const PacketSocket host("t0");
    TestNic& nic = *attach()[0];
    ASSERT_EQ(outcome(net_set_link(context(), "n0", false)), "ok");
    EXPECT_EQ(nic.link_changes, 1);
    EXPECT_EQ(nic.send_bytes(make_frame("lost")), Delivery::done);
    EXPECT_TRUE(host.stays_silent());
    host.send(make_frame("lost too"));
    (void)loop().run_pending();
    EXPECT_TRUE(nic.frames.empty());
    ASSERT_EQ(outcome(net_set_link(context(), "n0", true)), "ok");
    host.send(make_frame("arrives"));
    EXPECT_EQ(next_frame(nic), make_frame("arrives"));
}

TEST_F(TapTraffic, ANicSurvivesItsNetdev) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    TestNic& nic = *attach()[0];
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(find("t0").has_value());
    EXPECT_TRUE(nic.link_down());
    EXPECT_EQ(nic.link_changes, 1);
    EXPECT_EQ(nic.peer(), nullptr);
    EXPECT_EQ(nic.send_bytes(make_frame("to nobody")), Delivery::done);
}

TEST_F(TapTraffic, ANetdevOutlivesItsNicAndServesTheNext) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    set_up("t0");
    const PacketSocket host("t0");
    attach();
    ASSERT_EQ(outcome(net_nic_detach(context(), "nic0")), "ok");
    TestNic& next = *attach(1, "n0", "nic1")[0];
    ASSERT_EQ(outcome(net_set_link(context(), "n0", true)), "ok");
    host.send(make_frame("to the next"));
    EXPECT_EQ(next_frame(next), make_frame("to the next"));
}

using VanishedInterface = TapTraffic;

TEST_F(VanishedInterface, IsReportedOnceAndPolledNoMore) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    set_up("t0");
    TestNic& nic = *attach()[0];
    delete_link("t0");
    EXPECT_LT(loop().run_pending(100), 10);
    EXPECT_EQ(warnings(), std::vector<std::string>{
                              "netdev 'n0' stops: interface t0: File descriptor in bad state"});
    EXPECT_EQ(loop().run_pending(100), 0);
    EXPECT_EQ(nic.send_bytes(make_frame("to nowhere")), Delivery::done);
    EXPECT_EQ(outcome(remove()), "ok");
    EXPECT_EQ(warnings().size(), 1U);
}

TEST_F(VanishedInterface, IsReportedOnceForAllQueues) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 8})), "ok");
    set_up("t0");
    attach(8);
    delete_link("t0");
    (void)loop().run_pending(100);
    EXPECT_EQ(loop().run_pending(100), 0);
    EXPECT_EQ(warnings().size(), 1U);
    EXPECT_EQ(outcome(remove()), "ok");
}

TEST_F(VanishedInterface, IsNoticedWithoutANicToo) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    delete_link("t0");
    (void)loop().run_pending(100);
    EXPECT_EQ(loop().run_pending(100), 0);
    EXPECT_EQ(warnings().size(), 1U);
}

TEST_F(VanishedInterface, LeavesItsNameToANewNetdev) {
    ASSERT_EQ(outcome(init({.ifname = "t0"}, "old")), "ok");
    delete_link("t0");
    ASSERT_EQ(outcome(init({.ifname = "t0"}, "new")), "ok");
    ASSERT_EQ(outcome(remove("old")), "ok");
    EXPECT_EQ(state(0, "new").ifname, "t0");
}

}  // namespace
}  // namespace qnetdev::test
