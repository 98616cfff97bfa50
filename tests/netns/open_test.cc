// SPDX-License-Identifier: MIT
/// Taps opened by name: what the kernel has afterwards, and what it refuses.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <climits>

#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

constexpr unsigned kTap = IFF_TAP | IFF_NO_PI;

using OpenByName = Netns;

TEST_F(OpenByName, MakesASingleQueueTapThatGoesWithTheNetdev) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    const std::optional<Link> link = find("t0");
    ASSERT_TRUE(link.has_value());
    EXPECT_EQ(link->kind, "tun");
    EXPECT_TRUE(link->tap);
    EXPECT_FALSE(link->multi_queue);
    EXPECT_FALSE(link->persistent);
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(OpenByName, OneQueueAskedForInWordsIsASingleQueueTapToo) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 1})), "ok");
    EXPECT_FALSE(find("t0")->multi_queue);
}

class OpenQueues : public Netns, public ::testing::WithParamInterface<unsigned> {};

TEST_P(OpenQueues, AreAllThereAndAllOfOneInterface) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = GetParam()})), "ok");
    const std::optional<Link> link = find("t0");
    ASSERT_TRUE(link.has_value());
    EXPECT_TRUE(link->multi_queue);
    EXPECT_EQ(link->queues, GetParam());
    EXPECT_EQ(link->disabled_queues, 0U);
    EXPECT_EQ(context().registry().find_backend("n0")->size(), GetParam());
    EXPECT_EQ(state(GetParam() - 1).ifname, "t0");
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(find("t0").has_value());
}

INSTANTIATE_TEST_SUITE_P(Counts, OpenQueues, ::testing::Values(2, 8, 256),
                         ::testing::PrintToStringParamName());

TEST_F(OpenByName, ATemplateGivesAllQueuesTheNameItTurnedInto) {
    ASSERT_EQ(outcome(init({.ifname = "my%d", .queues = 2})), "ok");
    EXPECT_EQ(net_info(context()), (std::vector<std::string>{
                                       "n0: index=0,type=tap,ifname=my0,script=no,downscript=no",
                                       "n0: index=0,type=tap,ifname=my0,script=no,downscript=no"}));
    EXPECT_EQ(find("my0")->queues, 2U);
    EXPECT_FALSE(find("my1").has_value());
}

TEST_F(OpenByName, TheKernelNumbersTemplatesOn) {
    ASSERT_EQ(outcome(init({.ifname = "my%d"}, "a")), "ok");
    ASSERT_EQ(outcome(init({.ifname = "my%d"}, "b")), "ok");
    EXPECT_EQ(state(0, "a").ifname, "my0");
    EXPECT_EQ(state(0, "b").ifname, "my1");
}

TEST_F(OpenByName, WithoutANameTheKernelPicksTheNextTap) {
    ASSERT_EQ(outcome(init({}, "a")), "ok");
    ASSERT_EQ(outcome(init({.ifname = ""}, "b")), "ok");
    EXPECT_EQ(state(0, "a").ifname, "tap0");
    EXPECT_EQ(state(0, "b").ifname, "tap1");
}

TEST_F(OpenByName, ReusesAPersistentMultiQueueTapAndLeavesItThere) {
    const PersistentTun tap("t0", kTap | IFF_MULTI_QUEUE);
    const unsigned index = find("t0")->index;
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 4})), "ok");
    EXPECT_EQ(find("t0")->index, index);
    EXPECT_EQ(find("t0")->queues, 4U);
    ASSERT_EQ(outcome(remove()), "ok");
    ASSERT_TRUE(find("t0").has_value());
    EXPECT_EQ(find("t0")->queues, 0U);
}

TEST_F(OpenByName, ReusesAPersistentSingleQueueTapAndLeavesItThere) {
    const PersistentTun tap("t0", kTap);
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_TRUE(find("t0").has_value());
}

TEST_F(OpenByName, ASingleQueueTapInUseIsBusy) {
    const UniqueFd holder = open_tap("t0", 0);
    EXPECT_EQ(outcome(init({.ifname = "t0"})),
              "cannot open tap 't0': TUNSETIFF: Device or resource busy\n"
              "hint: the only queue of 't0' is in use, by another process or by another netdev");
}

TEST_F(OpenByName, ATapOfAnotherNetdevIsBusy) {
    ASSERT_EQ(outcome(init({.ifname = "t0"}, "first")), "ok");
    EXPECT_EQ(outcome(init({.ifname = "t0"}, "second")),
              "cannot open tap 't0': TUNSETIFF: Device or resource busy\n"
              "hint: the only queue of 't0' is in use, by another process or by another netdev");
    EXPECT_EQ(state(0, "first").ifname, "t0");
}

TEST_F(OpenByName, SeveralQueuesDoNotFitASingleQueueTap) {
    const PersistentTun tap("t0", kTap);
    EXPECT_EQ(
        outcome(init({.ifname = "t0", .queues = 2})),
        "queue 0: cannot open tap 't0': TUNSETIFF: Invalid argument\n"
        "hint: 't0' exists and is single-queue: drop 'queues', or make it anew: ip tuntap del "
        "t0 mode tap && ip tuntap add t0 mode tap multi_queue");
    EXPECT_TRUE(find("t0").has_value());
}

TEST_F(OpenByName, OneQueueDoesNotFitAMultiQueueTap) {
    const PersistentTun tap("t0", kTap | IFF_MULTI_QUEUE);
    EXPECT_EQ(outcome(init({.ifname = "t0"})),
              "cannot open tap 't0': TUNSETIFF: Invalid argument\n"
              "hint: 't0' exists and is multi-queue, which a single queue cannot attach to: use "
              "queues=2 or more");
}

TEST_F(OpenByName, TheLoopbackInterfaceIsNoTap) {
    EXPECT_EQ(outcome(init({.ifname = "lo"})),
              "cannot open tap 'lo': TUNSETIFF: Invalid argument\n"
              "hint: 'lo' exists and is no tap: choose another ifname");
}

TEST_F(OpenByName, ABridgeIsNoTap) {
    const Bridge bridge("br0");
    EXPECT_EQ(outcome(init({.ifname = "br0"})),
              "cannot open tap 'br0': TUNSETIFF: Invalid argument\n"
              "hint: 'br0' exists and is a bridge, no tap: choose another ifname");
}

TEST_F(OpenByName, ATunModeInterfaceIsNoTap) {
    const PersistentTun tun("t0", IFF_TUN | IFF_NO_PI);
    EXPECT_EQ(outcome(init({.ifname = "t0"})),
              "cannot open tap 't0': TUNSETIFF: Invalid argument\n"
              "hint: 't0' exists and is a tun (layer 3) interface: choose another ifname");
}

TEST_F(OpenByName, AMacvtapIsOpenedThroughItsOwnNode) {
    const Macvtap macvtap("m0");
    if (!macvtap.exists()) {
        GTEST_SKIP() << "this kernel has no macvtap, or nobody makes its nodes";
    }
    ASSERT_EQ(outcome(init({.ifname = "m0", .queues = 2})), "ok");
    EXPECT_EQ(state(0).ifname, "m0");
    EXPECT_EQ(state(1).ifname, "m0");
    EXPECT_TRUE(state(1).vnet_hdr);
    EXPECT_EQ(state(1).vnet_hdr_len, 10);
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_TRUE(find("m0").has_value());
}

TEST_F(OpenByName, QueuesBeyondTheKernelsLimitAreRolledBack) {
    std::vector<UniqueFd> others;
    for (int i = 0; i < 255; ++i) {
        others.push_back(open_tap("t0", IFF_MULTI_QUEUE));
    }
    EXPECT_EQ(outcome(init({.ifname = "t0", .queues = 2})),
              "queue 1: cannot open tap 't0': TUNSETIFF: Argument list too long\n"
              "hint: the kernel takes 256 queues for one interface");
    drop_context();  // waits for the rollback's closes
    EXPECT_EQ(find("t0")->queues, 255U);
}

TEST_F(OpenByName, JoinsTheQueuesOfAnotherProcess) {
    const UniqueFd other = open_tap("t0", IFF_MULTI_QUEUE);
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    EXPECT_EQ(find("t0")->queues, 3U);
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_EQ(find("t0")->queues, 1U);
}

TEST_F(OpenByName, UsesAVnetHeaderIfTheKernelHasIt) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    EXPECT_TRUE(find("t0")->vnet_hdr);
    EXPECT_TRUE(client().vnet().has_vnet_hdr());
    EXPECT_EQ(get_int(tap_get_fd(client()), TUNGETVNETHDRSZ), 10);
}

TEST_F(OpenByName, AVnetHeaderCanBeDemanded) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = true})), "ok");
    EXPECT_TRUE(find("t0")->vnet_hdr);
}

TEST_F(OpenByName, AVnetHeaderCanBeDeclined) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = false, .queues = 2})), "ok");
    EXPECT_FALSE(find("t0")->vnet_hdr);
    EXPECT_FALSE(client().vnet().has_vnet_hdr());
    EXPECT_EQ(client().vnet().host_vnet_hdr_len(), 0U);
    EXPECT_EQ(state().vnet_hdr_len, 0);
}

TEST_F(OpenByName, TheHeaderOfAPersistentTapIsSwitched) {
    const PersistentTun tap("t0", kTap | IFF_VNET_HDR);
    ASSERT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = false})), "ok");
    EXPECT_FALSE(find("t0")->vnet_hdr);
    EXPECT_FALSE(client().vnet().has_vnet_hdr());
}

TEST_F(OpenByName, TheHeaderOfATapInUseCannotBeTurnedOn) {
    const UniqueFd other = open_tap("t0", IFF_MULTI_QUEUE);
    EXPECT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = true, .queues = 2})),
              "queue 0: 'vnet_hdr' is on, but tap 't0' is in use without the header\n"
              "hint: all queues of a tap have the same: drop 'vnet_hdr', or choose another ifname");
    EXPECT_FALSE(find("t0")->vnet_hdr);
}

TEST_F(OpenByName, TheHeaderOfATapInUseCannotBeTurnedOff) {
    const UniqueFd other = open_tap("t0", IFF_MULTI_QUEUE | IFF_VNET_HDR);
    EXPECT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = false, .queues = 2})),
              "queue 0: 'vnet_hdr' is off, but tap 't0' is in use with the header\n"
              "hint: all queues of a tap have the same: drop 'vnet_hdr', or choose another ifname");
    EXPECT_TRUE(find("t0")->vnet_hdr);
}

TEST_F(OpenByName, PacketInformationOfATapInUseIsRefused) {
    const UniqueFd other(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    ifreq request = {};
    request.ifr_name[0] = 't';
    request.ifr_name[1] = '0';
    request.ifr_flags = IFF_TAP | IFF_MULTI_QUEUE;
    ASSERT_EQ(ioctl(other.get(), TUNSETIFF, &request), 0);
    EXPECT_EQ(outcome(init({.ifname = "t0", .queues = 2})),
              "queue 0: tap 't0' is in use with packet information before each frame\n"
              "hint: its users have to open it with IFF_NO_PI; or choose another ifname");
}

TEST_F(OpenByName, TheLengthOfAHeaderInUseIsNotChanged) {
    const UniqueFd other = open_tap("t0", IFF_MULTI_QUEUE | IFF_VNET_HDR);
    int length = 12;
    ASSERT_EQ(ioctl(other.get(), TUNSETVNETHDRSZ, &length), 0);
    EXPECT_EQ(outcome(init({.ifname = "t0", .queues = 2})),
              "queue 0: tap 't0' is in use with a virtio-net header of 12 bytes, not of 10\n"
              "hint: another program's guest drives it; choose another ifname");
    length = 0;
    ASSERT_EQ(ioctl(other.get(), TUNGETVNETHDRSZ, &length), 0);
    EXPECT_EQ(length, 12);
}

TEST_F(OpenByName, ALengthThatNobodyUsesIsReset) {
    const PersistentTun tap("t0", kTap | IFF_MULTI_QUEUE | IFF_VNET_HDR);
    {
        const UniqueFd before = open_tap("t0", IFF_MULTI_QUEUE | IFF_VNET_HDR);
        int length = 12;
        ASSERT_EQ(ioctl(before.get(), TUNSETVNETHDRSZ, &length), 0);
    }
    EXPECT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    EXPECT_EQ(state().vnet_hdr_len, 10);
}

TEST_F(OpenByName, TheHeaderOfATapInUseIsTakenAsItIs) {
    const UniqueFd other = open_tap("t0", IFF_MULTI_QUEUE);
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    EXPECT_FALSE(client(0).vnet().has_vnet_hdr());
    EXPECT_FALSE(client(1).vnet().has_vnet_hdr());
}

TEST_F(OpenByName, TheHeaderLengthOfAPersistentTapIsSetBackTo10) {
    const PersistentTun tap("t0", kTap | IFF_VNET_HDR);
    set_int(open_tap("t0", IFF_VNET_HDR).get(), TUNSETVNETHDRSZ, 12);
    ASSERT_EQ(get_int(open_tap("t0", IFF_VNET_HDR).get(), TUNGETVNETHDRSZ), 12);
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    EXPECT_EQ(get_int(tap_get_fd(client()), TUNGETVNETHDRSZ), 10);
    EXPECT_EQ(client().vnet().host_vnet_hdr_len(), 10U);
    EXPECT_EQ(client().vnet().vnet_hdr_len(), 0U);
}

TEST_F(OpenByName, TheSendBufferIsUnlimitedUnlessGiven) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    EXPECT_EQ(get_int(tap_get_fd(client(0)), TUNGETSNDBUF), INT_MAX);
    EXPECT_EQ(get_int(tap_get_fd(client(1)), TUNGETSNDBUF), INT_MAX);
}

TEST_F(OpenByName, TheSendBufferIsSetInEveryQueue) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .sndbuf = 65536, .queues = 3})), "ok");
    for (std::size_t queue = 0; queue < 3; ++queue) {
        EXPECT_EQ(get_int(tap_get_fd(client(queue)), TUNGETSNDBUF), 65536) << queue;
    }
}

TEST_F(OpenByName, ASendBufferOf0IsUnlimited) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .sndbuf = 0})), "ok");
    EXPECT_EQ(get_int(tap_get_fd(client()), TUNGETSNDBUF), INT_MAX);
}

TEST_F(OpenByName, ASendBufferBeyondIntIsUnlimited) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .sndbuf = UINT64_MAX})), "ok");
    EXPECT_EQ(get_int(tap_get_fd(client()), TUNGETSNDBUF), INT_MAX);
}

TEST_F(OpenByName, TheSendBufferThatOthersSetIsNotInherited) {
    const UniqueFd other = open_tap("t0", IFF_MULTI_QUEUE);
    set_int(other.get(), TUNSETSNDBUF, 4096);
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    EXPECT_EQ(get_int(tap_get_fd(client(1)), TUNGETSNDBUF), INT_MAX);
}

TEST_F(OpenByName, DescriptorsAreNonBlockingAndCloseOnExec) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    EXPECT_TRUE(is_nonblocking(tap_get_fd(client())));
    EXPECT_TRUE(is_close_on_exec(tap_get_fd(client())));
}

TEST_F(OpenByName, ATakenIdIsRefusedBeforeAnythingIsOpened) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    EXPECT_EQ(outcome(init({.ifname = "t1"})), "'id' n0 is in use by another netdev");
    EXPECT_FALSE(find("t1").has_value());
}

TEST_F(OpenByName, RunningOutOfDescriptorsLeavesNothing) {
    (void)context();
    {
        const FewDescriptors few(5);
        EXPECT_EQ(outcome(init({.ifname = "t0", .queues = 8})),
                  "queue 5: cannot open /dev/net/tun: Too many open files\n"
                  "hint: raise the limit on open files: ulimit -n");
    }
    drop_context();
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(OpenByName, VhostIsRefusedBeforeAnythingIsOpened) {
    const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    const std::string number = std::to_string(null.get());
    const Result<void> result = init({.ifname = "t0", .vhostfd = number});
    EXPECT_EQ(outcome(result), "vhostfd '" + number + "': descriptor " + number +
                                   " is no vhost-net device\n"
                                   "hint: pass a descriptor of /dev/vhost-net");
    EXPECT_EQ(result.error().param(), "vhostfd");
    EXPECT_FALSE(find("t0").has_value());
    EXPECT_TRUE(is_open(null.get()));
}

}  // namespace
}  // namespace qnetdev::test
