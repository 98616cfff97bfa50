// SPDX-License-Identifier: MIT
#include "tests/support/fake_vhost.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include "tests/support/vhost_kernel_contract.h"

namespace qnetdev::test {
namespace {

class FakeVhostWorld : public VhostWorld {
public:
    VhostKernel& kernel() override { return vhost_; }
    UniqueFd make_tap() override {
        std::array<int, 2> ends{};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        wires_.emplace_back(ends[1]);
        return UniqueFd(ends[0]);
    }
    std::string in_child(const std::function<std::string()>& body) override {
        vhost_.process = 2;
        std::string said = body();
        vhost_.process = 1;
        return said;
    }

private:
    FakeVhost vhost_;
    std::vector<UniqueFd> wires_ = {};
};

INSTANTIATE_TEST_SUITE_P(, VhostKernelContract, ::testing::Values(make_vhost_world<FakeVhostWorld>),
                         [](const auto&) { return "FakeVhost"; });

TEST(FakeVhost, FailsTheNthCallOfAName) {
    FakeVhost vhost;
    vhost.fail("open", 2, EIO);
    EXPECT_TRUE(vhost.open_vhost());
    const Result<UniqueFd> second = vhost.open_vhost();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message(), "cannot open /dev/vhost-net: Input/output error");
    EXPECT_EQ(vhost.count("open"), 2U);
}

TEST(FakeVhost, SeesItsDevicesClosed) {
    FakeVhost vhost;
    UniqueFd device = vhost.make_device();
    EXPECT_EQ(vhost.device_count(), 1U);
    device.reset();
    EXPECT_EQ(vhost.device_count(), 0U);
}

}  // namespace
}  // namespace qnetdev::test
