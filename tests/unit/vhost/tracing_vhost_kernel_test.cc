// SPDX-License-Identifier: MIT
#include <cerrno>

#include "tests/support/trace_lines.h"
#include "tests/unit/vhost/vhost_fixture.h"

namespace qnetdev::test {
namespace {

using Lines = std::vector<std::string>;

class TracingVhostKernelTest : public ::testing::Test {
protected:
    std::string call(const std::string& what) const {
        return "n0/3 ioctl(" + fd_ + ", VHOST_" + what + " (N us)";
    }

    TraceLines lines_;
    FakeVhost fake_;
    TracingVhostKernel kernel_{fake_, Tracer(lines_.trace(), "n0", 3)};
    UniqueFd device_ = fake_.make_device();
    const std::string fd_ = std::to_string(device_.get());
};

TEST_F(TracingVhostKernelTest, ShowsHowADeviceIsMadeOurs) {
    (void)kernel_.is_vhost_net(device_.get());
    (void)kernel_.set_owner(device_.get());
    (void)kernel_.set_owner(device_.get());
    (void)kernel_.get_features_array(device_.get());
    (void)kernel_.get_features(device_.get());
    (void)kernel_.reset_owner(device_.get());
    EXPECT_EQ(lines_.take(),
              (Lines{"n0/3 statx(" + fd_ + ") = 0 vhost-net (N us)", call("SET_OWNER) = 0"),
                     call("SET_OWNER) = -1 EBUSY"), call("GET_FEATURES_ARRAY) = -1 ENOBUFS"),
                     call("GET_FEATURES) = 0 MRG_RXBUF|NOTIFY_ON_EMPTY|LOG_ALL|VIRTIO_NET_HDR|"
                          "INDIRECT_DESC|EVENT_IDX|VERSION_1|ACCESS_PLATFORM"),
                     call("RESET_OWNER) = 0")}));
}

TEST_F(TracingVhostKernelTest, ShowsHowRingsAreStarted) {
    (void)fake_.set_owner(device_.get());
    const UniqueFd event = *fake_.make_event();
    const std::string number = std::to_string(event.get());
    const VhostMemoryRegion all{.guest_address = 0x1000, .size = 0x2000, .user_address = 0x7000};
    (void)kernel_.set_features(device_.get(), 0x10100000000);
    (void)kernel_.set_features_array(device_.get(), VhostFeatures::bit(65));
    (void)kernel_.get_backend_features(device_.get());
    (void)kernel_.set_backend_features(device_.get(), 0);
    (void)kernel_.set_mem_table(device_.get(), {&all, 1});
    (void)kernel_.set_log_base(device_.get(), 0x9000);
    (void)kernel_.set_vring_num(device_.get(), 1, 256);
    (void)kernel_.set_vring_base(device_.get(), 1, 7);
    (void)kernel_.get_vring_base(device_.get(), 1);
    (void)kernel_.set_vring_addr(device_.get(), 1,
                                 {.descriptors = 16, .used = 64, .available = 32, .log = 4});
    (void)kernel_.set_vring_kick(device_.get(), 1, event.get());
    (void)kernel_.set_vring_call(device_.get(), 0, event.get());
    (void)kernel_.set_vring_err(device_.get(), 0, -1);
    (void)kernel_.set_vring_busyloop(device_.get(), 0, 50);
    (void)kernel_.set_backend(device_.get(), 0, -1);
    EXPECT_EQ(
        lines_.take(),
        (Lines{call("SET_FEATURES, VERSION_1|RING_RESET) = -1 EOPNOTSUPP"),
               call("SET_FEATURES_ARRAY, GUEST_UDP_TUNNEL_GSO) = -1 ENOBUFS"),
               call("GET_BACKEND_FEATURES) = 0 0x2"), call("SET_BACKEND_FEATURES, 0x0) = 0"),
               call("SET_MEM_TABLE, 1 0x1000+0x2000) = 0"), call("SET_LOG_BASE, 0x9000) = 0"),
               call("SET_VRING_NUM, 1 256) = 0"), call("SET_VRING_BASE, 1 7) = 0"),
               call("GET_VRING_BASE, 1) = 0 7"),
               call("SET_VRING_ADDR, 1 desc 0x10 used 0x40 avail 0x20 log 0x4) = 0"),
               call("SET_VRING_KICK, 1 " + number + ") = 0"),
               call("SET_VRING_CALL, 0 " + number + ") = 0"), call("SET_VRING_ERR, 0 -1) = 0"),
               call("SET_VRING_BUSYLOOP_TIMEOUT, 0 50) = 0"),
               "n0/3 ioctl(" + fd_ + ", VHOST_NET_SET_BACKEND, 0 -1) = 0 (N us)"}));
}

TEST_F(TracingVhostKernelTest, ShowsWhyANodeCannotBeOpened) {
    fake_.open_errnum = ENOENT;
    fake_.has_driver = false;
    EXPECT_FALSE(open_vhost_net(kernel_));
    fake_.open_errnum = 0;
    const UniqueFd fd = *open_vhost_net(kernel_);
    const UniqueFd event = *kernel_.make_event();
    const std::string open = "n0/3 open(/dev/vhost-net, O_RDWR|O_NONBLOCK|O_CLOEXEC) = ";
    EXPECT_EQ(lines_.take(),
              (Lines{open + "-1 ENOENT (N us)", "n0/3 open(/proc/misc) = no vhost-net (N us)",
                     open + std::to_string(fd.get()) + " (N us)",
                     "n0/3 eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC) = " + std::to_string(event.get()) +
                         " (N us)"}));
}

}  // namespace
}  // namespace qnetdev::test
