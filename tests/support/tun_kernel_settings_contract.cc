// SPDX-License-Identifier: MIT
// What is set of a tap: offloads, header, send buffer, byte order, steering.
#include <fcntl.h>
#include <unistd.h>

#include <climits>

#include "tests/support/tun_kernel_contract.h"

namespace qnetdev::test {

using namespace tun_flags;

TEST_P(TunKernelContract, TakesOffloadsThatBuildOnOthersWithThemOnly) {
    const UniqueFd fd = queue("t0", kPlain);
    for (const Offloads& offloads : {Offloads{},
                                     {.csum = true},
                                     {.csum = true, .tso4 = true},
                                     {.csum = true, .tso4 = true, .tso6 = true, .ecn = true},
                                     {.csum = true, .ufo = true},
                                     {.csum = true, .uso4 = true, .uso6 = true}}) {
        EXPECT_EQ(said(kernel().set_offload(fd.get(), offloads)), "ok")
            << tun_offload_bits(offloads);
    }
    for (const Offloads& offloads : {Offloads{.tso4 = true},
                                     {.ufo = true},
                                     {.csum = true, .ecn = true},
                                     {.csum = true, .uso4 = true},
                                     {.csum = true, .uso6 = true},
                                     {.csum = true, .tunnel = true},
                                     {.csum = true, .tso4 = true, .tunnel_csum = true}}) {
        EXPECT_EQ(said(kernel().set_offload(fd.get(), offloads)), "TUNSETOFFLOAD: Invalid argument")
            << tun_offload_bits(offloads);
    }
}

TEST_P(TunKernelContract, SetsOffloadsOfTheWholeInterface) {
    const UniqueFd first = queue("t0", kMulti | kVnetHdr);
    const UniqueFd second = queue("t0", kMulti | kVnetHdr);
    EXPECT_FALSE(world().has_tso("t0"));
    ASSERT_EQ(said(kernel().set_offload(first.get(), {.csum = true, .tso4 = true})), "ok");
    EXPECT_TRUE(world().has_tso("t0"));
    ASSERT_EQ(said(kernel().set_offload(first.get(), {.csum = true, .ecn = true})),
              "TUNSETOFFLOAD: Invalid argument");
    EXPECT_TRUE(world().has_tso("t0"));  // as it was
    ASSERT_EQ(said(kernel().set_offload(second.get(), {})), "ok");
    EXPECT_FALSE(world().has_tso("t0"));
}

TEST_P(TunKernelContract, HasOneHeaderLengthForAllQueues) {
    const UniqueFd first = queue("t0", kMulti);  // also without a header
    const UniqueFd second = queue("t0", kMulti);
    EXPECT_EQ(*kernel().get_vnet_hdr_size(first.get()), 10);
    EXPECT_EQ(said(kernel().set_vnet_hdr_size(first.get(), 12)), "ok");
    EXPECT_EQ(*kernel().get_vnet_hdr_size(second.get()), 12);
    for (const int bytes : {9, 0, -1}) {
        EXPECT_EQ(said(kernel().set_vnet_hdr_size(first.get(), bytes)),
                  "TUNSETVNETHDRSZ: Invalid argument");
    }
    EXPECT_EQ(*kernel().get_vnet_hdr_size(first.get()), 12);
}

TEST_P(TunKernelContract, SetsTheSendBufferOfTheQueuesThatAreAttachedNow) {
    const UniqueFd first = queue("t0", kMulti);
    const UniqueFd second = queue("t0", kMulti);
    const UniqueFd detached = queue("t0", kMulti);
    ASSERT_EQ(said(kernel().set_queue(detached.get(), false)), "ok");
    EXPECT_EQ(*kernel().get_sndbuf(first.get()), INT_MAX);
    EXPECT_EQ(said(kernel().set_sndbuf(detached.get(), 4096)), "ok");
    EXPECT_EQ(*kernel().get_sndbuf(first.get()), 4096);
    EXPECT_EQ(*kernel().get_sndbuf(second.get()), 4096);
    EXPECT_EQ(*kernel().get_sndbuf(detached.get()), INT_MAX);
    const UniqueFd later = queue("t0", kMulti);
    EXPECT_EQ(*kernel().get_sndbuf(later.get()), INT_MAX);
    for (const int bytes : {0, -1}) {
        EXPECT_EQ(said(kernel().set_sndbuf(first.get(), bytes)), "TUNSETSNDBUF: Invalid argument");
    }
    EXPECT_EQ(*kernel().get_sndbuf(first.get()), 4096);
}

TEST_P(TunKernelContract, SwitchesTheByteOrder) {
    const UniqueFd fd = queue("t0", kPlain | kVnetHdr);
    EXPECT_EQ(said(kernel().set_vnet_le(fd.get(), true)), "ok");
    EXPECT_EQ(said(kernel().set_vnet_le(fd.get(), false)), "ok");
    // Few kernels can (CONFIG_TUN_VNET_CROSS_LE).
    const std::string big_endian = said(kernel().set_vnet_be(fd.get(), true));
    EXPECT_TRUE(big_endian == "ok" || big_endian == "TUNSETVNETBE: Invalid argument") << big_endian;
}

TEST_P(TunKernelContract, SteersByProgramsOnly) {
    const UniqueFd fd = queue("t0", kMulti);
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    EXPECT_EQ(said(kernel().set_steering_ebpf(fd.get(), null.get())),
              "TUNSETSTEERINGEBPF: Invalid argument");
    EXPECT_EQ(said(kernel().set_steering_ebpf(fd.get(), 987)),
              "TUNSETSTEERINGEBPF: Bad file descriptor");
    EXPECT_EQ(said(kernel().set_steering_ebpf(fd.get(), -1)), "ok");
}

TEST_P(TunKernelContract, TakesOffWhatAQueueMayHavePutOnTheInterface) {
    const UniqueFd fd = queue("t0", kTap | kMultiQueue);
    ASSERT_EQ(said(kernel().set_sndbuf(fd.get(), 4096)), "ok");
    world().attach_filter(fd.get());
    ASSERT_EQ(kernel().get_iff(fd.get())->flags, kTap | kMultiQueue);
    for (const TunShared what : kKnownTunShared) {
        EXPECT_EQ(said(kernel().reset_shared(fd.get(), what)), "ok");
    }
    EXPECT_EQ(*kernel().get_sndbuf(fd.get()), INT_MAX);
    EXPECT_EQ(extra_flags(fd.get()), kMultiQueue);
}

}  // namespace qnetdev::test
