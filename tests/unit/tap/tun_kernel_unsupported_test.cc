// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "net/tap/tap_open.h"
#include "net/tap/tun_kernel.h"

namespace qnetdev {
namespace {

constexpr const char* kMessage =
    "tap interfaces need Linux: this system has no tun driver that we know";

TEST(UnsupportedTunKernel, AnswersEveryCallWithOneClearError) {
    TunKernel& kernel = unsupported_tun_kernel();
    EXPECT_EQ(kernel.open_tun().error().message(), kMessage);
    EXPECT_EQ(kernel.open_macvtap(1).error().message(), kMessage);
    EXPECT_EQ(kernel.interface_index("t0").error().message(), kMessage);
    EXPECT_EQ(kernel.get_features(0).error().message(), kMessage);
    EXPECT_EQ(kernel.set_iff(0, "t0", 0).error().message(), kMessage);
    EXPECT_EQ(kernel.get_iff(0).error().message(), kMessage);
    EXPECT_EQ(kernel.set_owner(0, 0).error().message(), kMessage);
    EXPECT_EQ(kernel.get_link("t0").error().message(), kMessage);
    EXPECT_EQ(kernel.reset_shared(0, TunShared::carrier).error().message(), kMessage);
    EXPECT_EQ(kernel.delete_interface(1).error().message(), kMessage);
    EXPECT_FALSE(kernel.is_in_our_namespace(0));
    EXPECT_EQ(kernel.get_sndbuf(0).error().message(), kMessage);
    EXPECT_EQ(kernel.set_sndbuf(0, 1).error().message(), kMessage);
    EXPECT_EQ(kernel.set_offload(0, {}).error().message(), kMessage);
    EXPECT_EQ(kernel.get_vnet_hdr_size(0).error().message(), kMessage);
    EXPECT_EQ(kernel.set_vnet_hdr_size(0, 10).error().message(), kMessage);
    EXPECT_EQ(kernel.set_vnet_le(0, true).error().message(), kMessage);
    EXPECT_EQ(kernel.set_vnet_be(0, true).error().message(), kMessage);
    EXPECT_EQ(kernel.set_queue(0, true).error().message(), kMessage);
    EXPECT_EQ(kernel.set_steering_ebpf(0, -1).error().message(), kMessage);
}

TEST(UnsupportedTunKernel, MakesOpeningFailWithThatErrorAlone) {
    const Result<TapQueue> queue = tap_open(unsupported_tun_kernel(), {.ifname = "t0"});
    ASSERT_FALSE(queue);
    EXPECT_EQ(queue.error().message(), kMessage);
    EXPECT_EQ(queue.error().hint(), "");
}

TEST(SystemTunKernel, IsOneObject) {
    EXPECT_EQ(&system_tun_kernel(), &system_tun_kernel());
}

}  // namespace
}  // namespace qnetdev
