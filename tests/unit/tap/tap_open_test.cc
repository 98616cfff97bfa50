// SPDX-License-Identifier: MIT
#include "net/tap/tap_open.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/fake_tun.h"

namespace qnetdev {
namespace {

using namespace tun_flags;
using test::FakeTun;
using test::TunCall;

constexpr unsigned kPlain = kTap | kNoPacketInfo;

class TapOpen : public ::testing::Test {
protected:
    TapQueue open(const TapOpenOptions& options) {
        Result<TapQueue> queue = tap_open(tun_, options);
        EXPECT_TRUE(queue) << queue.error().message();
        return queue ? *std::move(queue) : TapQueue();
    }
    Error refusal(const TapOpenOptions& options) {
        Result<TapQueue> queue = tap_open(tun_, options);
        EXPECT_FALSE(queue);
        return queue ? Error("was accepted") : std::move(queue).error();
    }
    /// Flags of the last TUNSETIFF, but for the one that tells making from joining.
    unsigned asked() const {
        return static_cast<unsigned>(tun_.values(TunCall::set_iff).back()) & ~kExclusive;
    }

    FakeTun tun_;
};

TEST_F(TapOpen, CreatesTheInterfaceThatIsNamed) {
    const TapQueue queue = open({.ifname = "t0"});
    EXPECT_EQ(queue.ifname, "t0");
    EXPECT_EQ(queue.macvtap_index, 0U);
    EXPECT_NE(tun_.find("t0"), nullptr);
}

TEST_F(TapOpen, ReportsTheNameTheKernelPicked) {
    tun_.add_interface("tap0", {.persistent = true});
    EXPECT_EQ(open({}).ifname, "tap1");
    EXPECT_EQ(tun_.calls()[2].name, "tap%d");
    EXPECT_EQ(open({.ifname = "my%d"}).ifname, "my0");
}

TEST_F(TapOpen, MakesTheQueueNonblockingAndCloseOnExec) {
    const TapQueue queue = open({.ifname = "t0"});
    EXPECT_NE(fcntl(queue.fd.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(fcntl(queue.fd.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(TapOpen, MakesFourCallsAndNoMore) {
    const TapQueue queue = open({.ifname = "t0"});
    ASSERT_EQ(tun_.calls().size(), 4U);
    EXPECT_EQ(tun_.calls()[0].call, TunCall::open_tun);
    EXPECT_EQ(tun_.calls()[1].call, TunCall::get_features);
    EXPECT_EQ(tun_.calls()[2].call, TunCall::set_iff);
    EXPECT_EQ(tun_.calls()[3].call, TunCall::set_owner);
}

TEST_F(TapOpen, DoesNotAskForFeaturesThatAreKnown) {
    const TapQueue first = open({.ifname = "t0", .multi_queue = true});
    tun_.clear_calls();
    const TapQueue second = open({.ifname = "t0", .multi_queue = true, .features = first.features});
    EXPECT_EQ(tun_.count(TunCall::get_features), 0U);
    EXPECT_EQ(second.features, tun_.features);
}

TEST_F(TapOpen, TellsWhatTheNodeNeeds) {
    tun_.fail(TunCall::open_tun, 1, ENOENT);
    const Error error = refusal({.ifname = "t0"});
    EXPECT_EQ(error.message(), "cannot open /dev/net/tun: No such file or directory");
    EXPECT_EQ(error.hint(), "create the node: mkdir -p /dev/net && mknod /dev/net/tun c 10 200");
}

TEST_F(TapOpen, FailsIfTheFeaturesCannotBeAsked) {
    tun_.fail(TunCall::get_features, 1, EIO);
    EXPECT_EQ(refusal({.ifname = "t0"}).message(),
              "cannot open tap 't0': TUNGETFEATURES: Input/output error");
}

TEST_F(TapOpen, AsksForATapWithoutPacketInformation) {
    tun_.features = 0;
    (void)open({.ifname = "t0"});
    EXPECT_EQ(asked(), kPlain);
}

TEST_F(TapOpen, AsksForOneQueueModeWhereItExists) {
    tun_.features = kOneQueue;
    (void)open({.ifname = "t0"});
    EXPECT_EQ(asked(), kPlain | kOneQueue);
}

TEST_F(TapOpen, UsesTheHeaderIfTheKernelHasIt) {
    tun_.features = kVnetHdr;
    EXPECT_TRUE(open({.ifname = "t0"}).vnet_hdr);
    EXPECT_EQ(asked(), kPlain | kVnetHdr);
}

TEST_F(TapOpen, DoesWithoutAHeaderUnlessItIsDemanded) {
    tun_.features = 0;
    EXPECT_FALSE(open({.ifname = "t0"}).vnet_hdr);
    const Error error = refusal({.ifname = "t0", .vnet_hdr = true});
    EXPECT_EQ(error.message(), "'vnet_hdr' is on, but the kernel's tap has no IFF_VNET_HDR");
    EXPECT_EQ(error.param(), "vnet_hdr");
    EXPECT_EQ(tun_.interface_count(), 0U);
}

TEST_F(TapOpen, UsesADemandedHeader) {
    EXPECT_TRUE(open({.ifname = "t0", .vnet_hdr = true}).vnet_hdr);
}

TEST_F(TapOpen, LeavesTheHeaderOffIfItIsNotWanted) {
    EXPECT_FALSE(open({.ifname = "t0", .vnet_hdr = false}).vnet_hdr);
    EXPECT_EQ(asked() & kVnetHdr, 0U);
}

TEST_F(TapOpen, AsksForMultiQueueOnlyIfToldTo) {
    (void)open({.ifname = "t0"});
    EXPECT_EQ(asked() & kMultiQueue, 0U);
    (void)open({.ifname = "t1", .multi_queue = true});
    EXPECT_EQ(asked() & kMultiQueue, kMultiQueue);
}

TEST_F(TapOpen, FailsIfTheKernelHasNoMultiQueue) {
    tun_.features = kVnetHdr;
    const Error error = refusal({.ifname = "t0", .multi_queue = true});
    EXPECT_EQ(error.message(), "'queues' is above 1, but the kernel's tap has no IFF_MULTI_QUEUE");
    EXPECT_EQ(error.param(), "queues");
}

TEST_F(TapOpen, NamesTheInterfaceThatIsBusy) {
    const TapQueue holder = open({.ifname = "t0"});
    const Error error = refusal({.ifname = "t0"});
    EXPECT_EQ(error.message(), "cannot open tap 't0': TUNSETIFF: Device or resource busy");
    EXPECT_EQ(error.errnum(), EBUSY);
}

TEST_F(TapOpen, NamesNoInterfaceIfNoneWasNamed) {
    tun_.fail(TunCall::set_iff, 1, EPERM);
    const Error error = refusal({});
    EXPECT_EQ(error.message(), "cannot open a new tap: TUNSETIFF: Operation not permitted");
    EXPECT_EQ(error.hint(),
              "making or opening a tap needs CAP_NET_ADMIN, or an interface that was given to this "
              "user (ip tuntap add mode tap user NAME)");
}

TEST_F(TapOpen, FailsOnTheOtherMultiQueueFlag) {
    tun_.add_interface("single", {.persistent = true});
    tun_.add_interface("multi", {.flags = kPlain | kMultiQueue, .persistent = true});
    EXPECT_EQ(refusal({.ifname = "single", .multi_queue = true}).errnum(), EINVAL);
    EXPECT_EQ(refusal({.ifname = "multi"}).errnum(), EINVAL);
}

TEST_F(TapOpen, FailsOnAnInterfaceThatIsNoTap) {
    tun_.add_interface("net", {.persistent = true, .is_tun_device = false});
    EXPECT_EQ(refusal({.ifname = "net"}).message(),
              "cannot open tap 'net': TUNSETIFF: Invalid argument");
}

TEST_F(TapOpen, SwitchesTheHeaderOfAPersistentInterface) {
    tun_.add_interface("t0", {.flags = kPlain | kVnetHdr, .persistent = true});
    const TapQueue queue = open({.ifname = "t0", .vnet_hdr = false});
    EXPECT_FALSE(queue.vnet_hdr);
    EXPECT_EQ(tun_.find("t0")->flags & kVnetHdr, 0U);
}

TEST_F(TapOpen, OpensAMacvtapThroughItsOwnNode) {
    const unsigned index = tun_.add_interface("mv0", {.persistent = true, .is_macvtap = true});
    const TapQueue queue = open({.ifname = "mv0"});
    EXPECT_EQ(queue.ifname, "mv0");
    EXPECT_EQ(queue.macvtap_index, index);
    EXPECT_TRUE(queue.vnet_hdr);
    EXPECT_EQ(tun_.find("mv0")->queues, std::vector<int>{queue.fd.get()});
    EXPECT_EQ(tun_.values(TunCall::open_macvtap), std::vector<long>{index});
}

TEST_F(TapOpen, GoesStraightToTheNodeOfAKnownMacvtap) {
    tun_.add_interface("mv0", {.persistent = true, .is_macvtap = true});
    const TapQueue first = open({.ifname = "mv0", .multi_queue = true});
    tun_.clear_calls();
    const TapQueue second = open({.ifname = "mv0",
                                  .multi_queue = true,
                                  .features = first.features,
                                  .macvtap_index = first.macvtap_index});
    EXPECT_EQ(tun_.count(TunCall::open_tun), 0U);
    EXPECT_EQ(tun_.count(TunCall::get_features), 0U);
    EXPECT_EQ(second.macvtap_index, first.macvtap_index);
    EXPECT_EQ(tun_.find("mv0")->queues.size(), 2U);
}

TEST_F(TapOpen, NamesTheNodeOfAKnownMacvtapThatCannotBeOpened) {
    const unsigned index = tun_.add_interface("mv0", {.persistent = true, .is_macvtap = true});
    tun_.fail(TunCall::open_macvtap, 1, EMFILE);
    const Error error = refusal({.ifname = "mv0", .macvtap_index = index});
    EXPECT_EQ(error.message(),
              "cannot open /dev/tap" + std::to_string(index) + ": Too many open files");
    EXPECT_EQ(error.errnum(), EMFILE);
}

TEST_F(TapOpen, LeavesTheNodeOfAnotherNamespaceAlone) {
    const unsigned index = tun_.add_interface("mine", {.persistent = true, .is_tun_device = false});
    tun_.set_node(index, "theirs");
    const Error error = refusal({.ifname = "mine"});
    EXPECT_EQ(error.message(), "cannot open tap 'mine': TUNSETIFF: Invalid argument");
    EXPECT_EQ(tun_.count(TunCall::open_macvtap), 1U);
    EXPECT_EQ(tun_.count(TunCall::set_iff), 2U);
    EXPECT_EQ(tun_.find("theirs"), nullptr);
}

TEST_F(TapOpen, ReportsTheTunDriversAnswerIfTheNodeCannotBeOpened) {
    tun_.add_interface("mv0", {.persistent = true, .is_macvtap = true});
    tun_.fail(TunCall::open_macvtap, 1, EACCES);
    EXPECT_EQ(refusal({.ifname = "mv0"}).message(),
              "cannot open tap 'mv0': TUNSETIFF: Invalid argument");
}

TEST_F(TapOpen, ReportsTheTunDriversAnswerIfTheInterfaceCannotBeLookedUp) {
    tun_.fail(TunCall::set_iff, 1, EINVAL);
    tun_.fail(TunCall::interface_index, 1, EIO);
    EXPECT_EQ(refusal({.ifname = "t0"}).message(),
              "cannot open tap 't0': TUNSETIFF: Invalid argument");
}

TEST_F(TapOpen, LooksForNoMacvtapBehindATemplate) {
    tun_.fail(TunCall::set_iff, 1, EINVAL);
    tun_.fail(TunCall::set_iff, 2, EINVAL);
    (void)refusal({.ifname = "t%d"});
    (void)refusal({});
    EXPECT_EQ(tun_.count(TunCall::interface_index), 0U);
}

TEST_F(TapOpen, LooksForNoMacvtapAfterAnotherErrno) {
    const TapQueue holder = open({.ifname = "t0"});
    (void)refusal({.ifname = "t0"});
    EXPECT_EQ(tun_.count(TunCall::interface_index), 0U);
}

}  // namespace
}  // namespace qnetdev
