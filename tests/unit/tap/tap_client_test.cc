// SPDX-License-Identifier: MIT
#include "net/tap/tap_client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/base/limits.h"
#include "net/client/net_context_internals.h"
#include "tests/support/tap_fixture.h"

namespace qnetdev {
namespace {

using test::fake_client;
using test::FakeClient;
using test::TextFrame;
using test::TunCall;
using Frames = std::vector<std::string>;
using Lines = std::vector<std::string>;
using Values = std::vector<long>;

const std::string kHeader10(10, '\0');

/// A tap with a NIC on it.
class TapClientTest : public test::TapFixture {
protected:
    void start(bool vnet_hdr, unsigned queues = 1) {
        qapi::NetdevTapOptions options = quiet("t0");
        options.vnet_hdr = vnet_hdr;
        options.queues = queues;
        ASSERT_TRUE(add("n0", options));
        nic_ = &attach_nic("n0");
        tun_.clear_calls();
    }
    FakeClient& nic(std::size_t queue = 0) { return fake_client(*nic_, queue); }
    int fd(std::size_t queue = 0) { return tap("n0", queue).fd(); }
    void put(std::string_view frame) { tun_.put_frame(fd(), frame); }
    std::optional<std::string> get() { return tun_.get_frame(fd()); }

    /// Sends until the queue takes no more; how many frames it took, the last one queued.
    int fill() {
        const int small = 4096;
        EXPECT_EQ(setsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
        int sent = 0;
        while (nic().send(TextFrame("frame " + std::to_string(sent))) == Delivery::done) {
            ++sent;
        }
        return sent;
    }

    NetClientGroup* nic_ = nullptr;
};

TEST_F(TapClientTest, CarriesFramesToTheNic) {
    start(false);
    put("one");
    put("two");
    loop_.run_pending();
    EXPECT_EQ(nic().received, (Frames{"one", "two"}));
}

TEST_F(TapClientTest, CarriesFramesFromTheNic) {
    start(false);
    EXPECT_EQ(nic().send(TextFrame("one")), Delivery::done);
    EXPECT_EQ(get(), "one");
    EXPECT_EQ(get(), std::nullopt);
}

TEST_F(TapClientTest, CutsTheHeaderOffForANicThatDoesNotUseIt) {
    start(true);
    put(std::string(10, 'h') + "payload");
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"payload"});
}

TEST_F(TapClientTest, PutsAZeroHeaderInFrontForANicThatDoesNotUseIt) {
    start(true);
    EXPECT_EQ(nic().send(TextFrame("payload")), Delivery::done);
    EXPECT_EQ(get(), kHeader10 + "payload");
}

TEST_F(TapClientTest, CountsFramesWithTheirHeaders) {
    start(true);
    put(std::string(10, 'h') + "in");
    put("short");
    loop_.run_pending();
    EXPECT_EQ(nic().send(TextFrame("out")), Delivery::done);
    const FrameCounters& counters = group("n0").client(0).counters();
    EXPECT_EQ(counters.rx_packets, 2U);
    EXPECT_EQ(counters.rx_bytes, 12U + 5U);
    EXPECT_EQ(counters.tx_packets, 1U);
    EXPECT_EQ(counters.tx_bytes, 13U);
    EXPECT_EQ(counters.tx_dropped, 0U);
}

TEST_F(TapClientTest, DropsAFrameThatIsAllHeader) {
    start(true);
    put(std::string(10, 'h'));
    put("short");
    put(std::string(10, 'h') + "x");
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"x"});
}

TEST_F(TapClientTest, TellsTheHeaderOfFramesApartFromTheHosts) {
    start(true);
    EXPECT_EQ(tap("n0").vnet().vnet_hdr_len(), 0U);
    EXPECT_EQ(tap("n0").vnet().host_vnet_hdr_len(), 10U);
    put(std::string(10, 'h') + "bare");
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"bare"});
}

TEST_F(TapClientTest, PassesTheHeaderThroughOnceTheNicUsesIt) {
    start(true);
    ASSERT_TRUE(tap("n0").vnet().set_vnet_hdr_len(12));
    EXPECT_EQ(tap("n0").vnet().vnet_hdr_len(), 12U);
    EXPECT_EQ(tap("n0").vnet().host_vnet_hdr_len(), 12U);
    EXPECT_EQ(tun_.values(TunCall::set_vnet_hdr_size), Values{12});
    put("twelve bytespayload");
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"twelve bytespayload"});
    EXPECT_EQ(nic().send(TextFrame("as it is")), Delivery::done);
    EXPECT_EQ(get(), "as it is");
}

TEST_F(TapClientTest, KnowsTheHeaderLengthsThatExist) {
    start(true);
    for (const std::size_t length : {10U, 12U, 20U, 24U}) {
        EXPECT_TRUE(tap("n0").vnet().has_vnet_hdr_len(length));
        EXPECT_TRUE(tap("n0").vnet().set_vnet_hdr_len(length));
    }
    for (const std::size_t length : {0U, 11U, 16U, 32U}) {
        EXPECT_FALSE(tap("n0").vnet().has_vnet_hdr_len(length));
    }
    Result<void> outcome = tap("n0").vnet().set_vnet_hdr_len(11);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "netdev 'n0' cannot have a virtio-net header of 11 bytes");
    EXPECT_EQ(tap("n0").vnet().vnet_hdr_len(), 24U);
}

TEST_F(TapClientTest, RefusesAHeaderOnAnInterfaceWithout) {
    start(false);
    EXPECT_FALSE(tap("n0").vnet().has_vnet_hdr_len(10));
    Result<void> outcome = tap("n0").vnet().set_vnet_hdr_len(10);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "netdev 'n0' cannot have a virtio-net header of 10 bytes");
    EXPECT_EQ(tun_.count(TunCall::set_vnet_hdr_size), 0U);
}

TEST_F(TapClientTest, KeepsTheOldLengthIfTheKernelRefusesANewOne) {
    start(true);
    tun_.fail(TunCall::set_vnet_hdr_size, 1, EINVAL);
    EXPECT_FALSE(tap("n0").vnet().set_vnet_hdr_len(12));
    EXPECT_EQ(tap("n0").vnet().host_vnet_hdr_len(), 10U);
    EXPECT_EQ(tap("n0").vnet().vnet_hdr_len(), 0U);
}

TEST_F(TapClientTest, JoinsThePiecesOfAFrame) {
    start(true);
    std::string text = "0123456789";
    std::vector<iovec> pieces;
    for (char& c : text) {
        pieces.push_back({&c, 1});
    }
    EXPECT_EQ(nic().send(pieces), Delivery::done);
    EXPECT_EQ(get(), kHeader10 + "0123456789");
}

TEST_F(TapClientTest, TakesALongScatterListAndDropsATooLongOne) {
    start(true);
    char byte = 'x';
    std::vector<iovec> pieces(64, iovec{&byte, 1});
    EXPECT_EQ(nic().send(pieces), Delivery::done);
    EXPECT_EQ(get(), kHeader10 + std::string(64, 'x'));
    pieces.resize(65, iovec{&byte, 1});
    EXPECT_EQ(nic().send(pieces), Delivery::done);
    EXPECT_EQ(get(), std::nullopt);
}

TEST_F(TapClientTest, ReadsABoundedNumberOfFramesAtOnce) {
    start(false);
    for (int i = 0; i < limits::kPacketsPerWakeup + 5; ++i) {
        put("x");
    }
    loop_.run_once();
    EXPECT_EQ(nic().received.size(), std::size_t{limits::kPacketsPerWakeup});
    loop_.run_once();
    EXPECT_EQ(nic().received.size(), std::size_t{limits::kPacketsPerWakeup} + 5);
}

TEST_F(TapClientTest, TakesTheLargestFrame) {
    start(true);
    const int large = 1 << 20;
    setsockopt(tun_.wire(fd()), SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
    const std::string frame(65550, 'x');
    put(kHeader10 + frame);
    loop_.run_pending();
    ASSERT_EQ(nic().received.size(), 1U);
    EXPECT_EQ(nic().received[0].size(), frame.size());
}

TEST_F(TapClientTest, DropsFramesWhileItHasNoNic) {
    ASSERT_TRUE(add("n0", quiet("t0")));
    put(kHeader10 + "nobody is there");
    loop_.run_pending();
    attach_nic("n0");
    put(kHeader10 + "hello");
    loop_.run_pending();
    EXPECT_EQ(fake_client(*context_.registry().find_nic("nic-n0")).received, Frames{"hello"});
}

TEST_F(TapClientTest, StopsReadingWhileTheNicIsBusy) {
    start(false);
    nic().can_take = false;
    for (const char* text : {"one", "two", "three"}) {
        put(text);
    }
    EXPECT_EQ(loop_.run_pending(), 1);  // and not for ever
    EXPECT_EQ(nic().received, Frames{});
    nic().can_take = true;
    nic().flush_incoming();
    EXPECT_EQ(nic().received, Frames{"one"});
    loop_.run_pending();
    EXPECT_EQ(nic().received, (Frames{"one", "two", "three"}));
}

TEST_F(TapClientTest, ReadsAgainForTheNextNicAfterABusyOneWent) {
    start(false);
    nic().can_take = false;
    put("lost");
    loop_.run_pending();
    ASSERT_TRUE(net_nic_detach(context_, "nic-n0"));
    nic_ = &attach_nic("n0");
    put("found");
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"found"});
}

TEST_F(TapClientTest, QueuesWhenTheInterfaceIsFullAndGoesOnWhenItIsNot) {
    start(false);
    const int sent = fill();
    EXPECT_GT(sent, 0);
    EXPECT_FALSE(tap("n0").can_receive());
    EXPECT_EQ(nic().send(TextFrame("behind")), Delivery::busy);
    EXPECT_EQ(loop_.run_pending(), 0);  // waits without spinning
    for (int i = 0; i < sent; ++i) {
        EXPECT_EQ(get(), "frame " + std::to_string(i));
    }
    EXPECT_TRUE(loop_.run_once());
    EXPECT_EQ(get(), "frame " + std::to_string(sent));
    EXPECT_EQ(get(), "behind");
    EXPECT_EQ(nic().peer_ready_calls, 1);
    EXPECT_TRUE(tap("n0").can_receive());
    EXPECT_EQ(loop_.run_pending(), 0);  // nor is the free queue watched
}

TEST_F(TapClientTest, ReadsWhileItWaitsToWrite) {
    start(false);
    (void)fill();
    put("incoming");
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"incoming"});
}

TEST_F(TapClientTest, StopsWithOneWarningWhenTheInterfaceIsDeleted) {
    start(false);
    tun_.break_queue(fd());
    loop_.run_pending();
    EXPECT_EQ(log_.lines(),
              Lines{"warning: netdev 'n0' stops: interface t0: Connection reset by peer"});
    EXPECT_EQ(loop_.run_pending(), 0);
    EXPECT_EQ(nic().send(TextFrame("x")), Delivery::done);  // lost, as on a wire
    EXPECT_EQ(log_.lines().size(), 1U);
    remove("n0");
}

/// A loop that watches, but cannot change what it watches for.
class StiffLoop : public EventLoop {
public:
    explicit StiffLoop(EventLoop& loop) : loop_(loop) {}

    Result<Token> add_fd(int fd, unsigned events, FdCallback callback) override {
        return loop_.add_fd(fd, events, std::move(callback));
    }
    Result<void> modify_fd(Token, unsigned) override { return Error::from_errno(ENOMEM, "no"); }
    void remove_fd(Token token) noexcept override { loop_.remove_fd(token); }
    Token add_timer(std::chrono::milliseconds, TimerCallback) override { return 0; }
    void remove_timer(Token) noexcept override {}

private:
    EventLoop& loop_;
};

TEST_F(TapClientTest, KeepsNobodyWaitingForAQueueThatIsNoLongerWatched) {
    StiffLoop stiff(loop_.loop());
    NetContext context(internals_on(stiff, tun_, {.log = log_.log()}));
    ASSERT_TRUE(net_client_init(context, netdev("n1", quiet("t1"))));
    Result<NetClientGroup*> nic_group =
        net_nic_attach(context, test::fake_group("nic1", NetClientGroup::Kind::nic), "n1");
    ASSERT_TRUE(nic_group);
    for (int i = 0; i < 2000; ++i) {  // more than the interface and the queue hold
        EXPECT_EQ(fake_client(**nic_group).send(TextFrame("x")), Delivery::done);
    }
    EXPECT_EQ(log_.lines(),
              Lines{"warning: netdev 'n1' stops: interface t1: Cannot allocate memory"});
}

TEST_F(TapClientTest, CarriesNothingWhileItsQueueIsDetached) {
    start(false, 2);
    ASSERT_TRUE(tap("n0").disable());
    put("x");
    EXPECT_EQ(loop_.run_pending(), 0);
    EXPECT_EQ(nic().received, Frames{});
    ASSERT_TRUE(tap("n0").enable());
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"x"});
}

TEST_F(TapClientTest, AttachesAndDetachesOnlyWhenThatChangesSomething) {
    start(false, 2);
    EXPECT_TRUE(tap("n0").enable());
    EXPECT_TRUE(tap("n0").disable());
    EXPECT_TRUE(tap("n0").disable());
    EXPECT_TRUE(tap("n0").enable());
    EXPECT_EQ(tun_.values(TunCall::set_queue), (Values{0, 1}));
}

TEST_F(TapClientTest, IsAttachedAndDetachedAsItsNicAsks) {
    start(false, 2);
    VnetBackend& asked = nic().peer()->vnet();
    EXPECT_TRUE(asked.set_queue_enabled(false));
    EXPECT_TRUE(asked.set_queue_enabled(false));
    EXPECT_FALSE(tap("n0").enabled());
    EXPECT_TRUE(asked.set_queue_enabled(true));
    EXPECT_EQ(tun_.values(TunCall::set_queue), (Values{0, 1}));
    tun_.fail(TunCall::set_queue, 1, EIO);
    EXPECT_FALSE(asked.set_queue_enabled(false));
}

TEST_F(TapClientTest, KeepsItsStateIfTheKernelRefuses) {
    start(false);
    Result<void> outcome = tap("n0").disable();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "TUNSETQUEUE: Invalid argument");
    EXPECT_TRUE(tap("n0").enabled());
    put("x");
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"x"});
}

TEST_F(TapClientTest, StaysDetachedIfTheKernelRefusesToAttach) {
    start(false, 2);
    ASSERT_TRUE(tap("n0").disable());
    tun_.fail(TunCall::set_queue, 1, EIO);
    EXPECT_FALSE(tap("n0").enable());
    EXPECT_FALSE(tap("n0").enabled());
}

TEST_F(TapClientTest, DropsWhatIsQueuedWhenItIsDetached) {
    start(false, 2);
    const int sent = fill();
    ASSERT_TRUE(tap("n0").disable());
    EXPECT_EQ(nic().peer_ready_calls, 1);
    for (int i = 0; i < sent; ++i) {
        (void)get();
    }
    ASSERT_TRUE(tap("n0").enable());
    loop_.run_pending();
    EXPECT_EQ(get(), std::nullopt);
}

TEST_F(TapClientTest, StopsReadingAtOnceWhenTheNicDetachesTheQueue) {
    start(false, 2);
    put("one");
    put("two");
    nic().on_receive = [this](const std::string&) { EXPECT_TRUE(tap("n0").disable()); };
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"one"});
}

TEST_F(TapClientTest, KeepsItsQueuesApart) {
    start(false, 2);
    tun_.put_frame(fd(0), "zero");
    tun_.put_frame(fd(1), "one");
    loop_.run_pending();
    EXPECT_EQ(nic(0).received, Frames{"zero"});
    EXPECT_EQ(nic(1).received, Frames{"one"});
    EXPECT_EQ(nic(1).send(TextFrame("back")), Delivery::done);
    EXPECT_EQ(tun_.get_frame(fd(1)), "back");
    EXPECT_EQ(tun_.get_frame(fd(0)), std::nullopt);
}

TEST_F(TapClientTest, TurnsOffloadsOn) {
    start(true);
    const Offloads supported = tap("n0").vnet().supported_offloads();
    EXPECT_TRUE(supported.ufo && supported.uso4 && supported.uso6 && supported.tunnel);
    tap("n0").vnet().set_offload({.csum = true, .tso4 = true});
    EXPECT_EQ(tap("n0").vnet().offloads(), (Offloads{.csum = true, .tso4 = true}));
    EXPECT_EQ(tun_.find("t0")->offload, 0x03U);
    EXPECT_EQ(log_.lines(), Lines{});
}

TEST_F(TapClientTest, IsAsNewForTheNextNic) {
    start(true, 2);
    ASSERT_TRUE(tap("n0").vnet().set_vnet_hdr_len(12));
    tap("n0").vnet().set_offload({.csum = true, .tso4 = true});
    ASSERT_TRUE(tap("n0", 1).disable());
    ASSERT_TRUE(net_nic_detach(context_, nic().name()));
    EXPECT_EQ(tun_.find("t0")->vnet_hdr_size, 10);
    EXPECT_EQ(tun_.find("t0")->offload, 0U);
    EXPECT_TRUE(tap("n0", 1).enabled());
    EXPECT_EQ(tap("n0").vnet().host_vnet_hdr_len(), 10U);
    EXPECT_EQ(tap("n0").vnet().vnet_hdr_len(), 0U);
    EXPECT_EQ(log_.lines(), Lines{});
}

TEST_F(TapClientTest, WarnsIfOffloadsStayOff) {
    start(true);
    tun_.offloads = 0;
    tap("n0").vnet().set_offload({.csum = true});
    EXPECT_EQ(log_.lines(),
              Lines{"warning: netdev 'n0': offloads stay off: TUNSETOFFLOAD: Invalid argument"});
}

TEST_F(TapClientTest, PassesByteOrderAndSteeringOnToTheKernel) {
    start(true);
    EXPECT_TRUE(tap("n0").vnet().set_vnet_le(true));
    EXPECT_EQ(tap("n0").vnet().set_vnet_be(true).error().message(),
              "TUNSETVNETBE: Invalid argument");
    tun_.programs = {7};
    EXPECT_TRUE(tap("n0").vnet().set_steering_ebpf(7));
    EXPECT_TRUE(tap("n0").vnet().set_steering_ebpf(-1));
    EXPECT_EQ(tun_.values(TunCall::set_vnet_le), Values{1});
    EXPECT_EQ(tun_.values(TunCall::set_steering_ebpf), (Values{7, -1}));
}

TEST_F(TapClientTest, LosesItsLinkWithItsNic) {
    start(false);
    ASSERT_TRUE(net_set_link(context_, "n0", false));
    put("x");
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{});
    ASSERT_TRUE(net_set_link(context_, "n0", true));
    put("y");
    loop_.run_pending();
    EXPECT_EQ(nic().received, Frames{"y"});
}

TEST_F(TapClientTest, LeavesTheLoopWhenItIsRemoved) {
    start(false);
    put("x");
    remove("n0");
    EXPECT_EQ(loop_.run_pending(), 0);
    EXPECT_TRUE(nic().link_down());
}

}  // namespace
}  // namespace qnetdev
