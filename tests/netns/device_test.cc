// SPDX-License-Identifier: MIT
/// What a NIC asks of a tap after it is up: queues, offloads, header, byte order, steering.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cstdio>

#include "tests/netns/packets.h"
#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

using TapDevice = Netns;

std::string queue_counts(const std::string& name) {
    const std::optional<Link> link = find(name);
    return link ? std::to_string(link->queues) + "+" + std::to_string(link->disabled_queues) : "-";
}

TEST_F(TapDevice, QueuesAreDetachedAndAttached) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 4})), "ok");
    EXPECT_EQ(queue_counts("t0"), "4+0");
    EXPECT_EQ(outcome(tap_disable(client(3))), "ok");
    EXPECT_EQ(outcome(tap_disable(client(1))), "ok");
    EXPECT_EQ(queue_counts("t0"), "2+2");
    EXPECT_FALSE(state(1).enabled);
    EXPECT_EQ(outcome(tap_enable(client(1))), "ok");
    EXPECT_EQ(queue_counts("t0"), "3+1");
    EXPECT_TRUE(state(1).enabled);
    EXPECT_FALSE(state(3).enabled);
}

TEST_F(TapDevice, DetachingTwiceIsDetachingOnce) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    EXPECT_EQ(outcome(tap_enable(client(1))), "ok");
    EXPECT_EQ(outcome(tap_disable(client(1))), "ok");
    EXPECT_EQ(outcome(tap_disable(client(1))), "ok");
    EXPECT_EQ(queue_counts("t0"), "1+1");
}

TEST_F(TapDevice, AllQueuesButOneAreDetachedAndTheNetdevRemoved) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 8})), "ok");
    for (std::size_t queue = 1; queue < 8; ++queue) {
        ASSERT_EQ(outcome(tap_disable(client(queue))), "ok");
    }
    EXPECT_EQ(queue_counts("t0"), "1+7");
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapDevice, TheQueueOfASingleQueueTapCannotBeDetached) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    EXPECT_EQ(outcome(tap_disable(client())), "TUNSETQUEUE: Invalid argument");
    EXPECT_TRUE(state().enabled);
    EXPECT_EQ(outcome(tap_enable(client())), "ok");
}

/// A device feature as ethtool tells it, by an ETHTOOL_G* command that answers with one number.
unsigned feature_of(const std::string& name, unsigned command) {
    const UniqueFd control(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    struct ethtool_value answer = {command, 0};
    ifreq request = {};
    std::snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name.c_str());
    request.ifr_data = reinterpret_cast<char*>(&answer);
    require(ioctl(control.get(), SIOCETHTOOL, &request) == 0, "SIOCETHTOOL");
    return answer.data;
}

std::string offloads_of(const std::string& name) {
    return "csum " + std::to_string(feature_of(name, ETHTOOL_GTXCSUM)) + ", tso " +
           std::to_string(feature_of(name, ETHTOOL_GTSO));
}

TEST_F(TapDevice, OffloadsAreOffUntilANicAsksForThem) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    EXPECT_EQ(offloads_of("t0"), "csum 0, tso 0");
    EXPECT_EQ(state().offloads, Offloads{});
    EXPECT_TRUE(client().vnet().supported_offloads().ufo);
}

TEST_F(TapDevice, OffloadsAreSwitchedInTheKernel) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    const Offloads all = {.csum = true, .tso4 = true, .tso6 = true, .ecn = true, .ufo = true};
    client().vnet().set_offload(all);
    EXPECT_EQ(offloads_of("t0"), "csum 1, tso 1");
    EXPECT_EQ(state().offloads, all);
    client().vnet().set_offload({.csum = true});
    EXPECT_EQ(offloads_of("t0"), "csum 1, tso 0");
    EXPECT_EQ(state().offloads, Offloads{.csum = true});
    client().vnet().set_offload({});
    EXPECT_EQ(offloads_of("t0"), "csum 0, tso 0");
    EXPECT_TRUE(warnings().empty());
}

TEST_F(TapDevice, NothingIsOffloadedWithoutChecksums) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    client().vnet().set_offload({.tso4 = true, .tso6 = true, .ufo = true});
    EXPECT_EQ(offloads_of("t0"), "csum 0, tso 0");
    EXPECT_EQ(state().offloads, Offloads{});
}

TEST_F(TapDevice, OffloadsThatTheKernelLacksAreLeftOut) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    // The kernel wants both USO bits or none.
    client().vnet().set_offload({.csum = true, .tso4 = true, .uso4 = true});
    EXPECT_EQ(state().offloads, (Offloads{.csum = true, .tso4 = true}));
    EXPECT_EQ(offloads_of("t0"), "csum 1, tso 1");
}

TEST_F(TapDevice, TheHeaderLengthIsSetInTheKernel) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    for (const std::size_t length : kVnetHeaderLengths) {
        EXPECT_EQ(outcome(client().vnet().set_vnet_hdr_len(length)), "ok") << length;
        EXPECT_EQ(get_int(tap_get_fd(client()), TUNGETVNETHDRSZ), static_cast<int>(length));
        EXPECT_EQ(client().vnet().vnet_hdr_len(), length);
    }
}

TEST_F(TapDevice, AnOddHeaderLengthIsRefused) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    EXPECT_EQ(outcome(client().vnet().set_vnet_hdr_len(11)),
              "netdev 'n0' cannot have a virtio-net header of 11 bytes");
    EXPECT_EQ(get_int(tap_get_fd(client()), TUNGETVNETHDRSZ), 10);
}

TEST_F(TapDevice, WithoutAHeaderThereIsNoLengthToSet) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = false})), "ok");
    EXPECT_EQ(outcome(client().vnet().set_vnet_hdr_len(12)),
              "netdev 'n0' cannot have a virtio-net header of 12 bytes");
}

TEST_F(TapDevice, HeadersAreSwitchedToLittleEndianAndBack) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    EXPECT_EQ(outcome(client().vnet().set_vnet_le(true)), "ok");
    EXPECT_EQ(get_int(tap_get_fd(client()), TUNGETVNETLE), 1);
    EXPECT_EQ(outcome(client().vnet().set_vnet_le(false)), "ok");
    EXPECT_EQ(get_int(tap_get_fd(client()), TUNGETVNETLE), 0);
}

TEST_F(TapDevice, HeadersAreSwitchedToBigEndianIfTheKernelKnowsHow) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    int value = 0;  // without CONFIG_TUN_VNET_CROSS_LE there is neither the getter
    const bool supported = ioctl(tap_get_fd(client()), TUNGETVNETBE, &value) == 0;
    EXPECT_EQ(outcome(client().vnet().set_vnet_be(true)),
              supported ? "ok" : "TUNSETVNETBE: Invalid argument");
    if (supported) {
        EXPECT_EQ(get_int(tap_get_fd(client()), TUNGETVNETBE), 1);
    }
}

TEST_F(TapDevice, TheHostsOwnByteOrderNeedsNoSwitch) {
    ASSERT_EQ(outcome(init({.ifname = "t0"})), "ok");
    const bool little = std::endian::native == std::endian::little;
    EXPECT_EQ(outcome(little ? net_set_vnet_le(client().vnet(), true)
                             : net_set_vnet_be(client().vnet(), true)),
              "ok");
    EXPECT_EQ(get_int(tap_get_fd(client()), little ? TUNGETVNETLE : TUNGETVNETBE), 0);
}

/// A socket filter that returns `queue`; empty if this process may not load programs.
UniqueFd load_program(int queue) {
    std::array<bpf_insn, 2> code{};
    code[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
    code[0].imm = queue;
    code[1].code = BPF_JMP | BPF_EXIT;
    bpf_attr attributes = {};
    attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    attributes.insns = reinterpret_cast<std::uint64_t>(code.data());
    attributes.insn_cnt = code.size();
    attributes.license = reinterpret_cast<std::uint64_t>("MIT");
    return UniqueFd(
        static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes))));
}

/// Which queues got the frame, "0" or "1" or "" or "01"; the loop is not run, so it waits there.
std::string queues_with_frame(const std::array<int, 2>& fds) {
    std::string queues;
    std::array<char, 2000> buffer;
    for (std::size_t queue = 0; queue < fds.size(); ++queue) {
        ssize_t count = 0;
        while ((count = read(fds[queue], buffer.data(), buffer.size())) > 0) {
            if (is_test_frame(std::string(buffer.data(), static_cast<std::size_t>(count)))) {
                queues += std::to_string(queue);
            }
        }
    }
    return queues;
}

TEST_F(TapDevice, ASteeringProgramChoosesTheQueue) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .vnet_hdr = false, .queues = 2})), "ok");
    const std::array<int, 2> fds{tap_get_fd(client(0)), tap_get_fd(client(1))};
    set_up("t0");
    const PacketSocket host("t0");
    for (const int queue : {0, 1}) {
        const UniqueFd program = load_program(queue);
        if (!program) {  // not in a user namespace; what is left to prove is a clean error
            EXPECT_EQ(errno, EPERM);
            EXPECT_EQ(outcome(client().vnet().set_steering_ebpf(0)),
                      "TUNSETSTEERINGEBPF: Invalid argument");
            return;
        }
        EXPECT_EQ(outcome(client().vnet().set_steering_ebpf(program.get())), "ok");
        host.send(make_frame("steered"));
        EXPECT_EQ(queues_with_frame(fds), std::to_string(queue));
    }
    EXPECT_EQ(outcome(client().vnet().set_steering_ebpf(-1)), "ok");
}

TEST_F(TapDevice, WhatIsNoProgramCannotSteer) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .queues = 2})), "ok");
    const UniqueFd other(open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(outcome(client().vnet().set_steering_ebpf(other.get())),
              "TUNSETSTEERINGEBPF: Invalid argument");
    EXPECT_EQ(outcome(client().vnet().set_steering_ebpf(-1)), "ok");
}

}  // namespace
}  // namespace qnetdev::test
