// SPDX-License-Identifier: MIT
#include "tests/support/fake_tun.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/tun_kernel_contract.h"

namespace qnetdev::test {
namespace {

class FakeTunWorld : public TunWorld {
public:
    TunKernel& kernel() override { return tun_; }
    void add_persistent(const std::string& name, unsigned flags) override {
        const bool is_tap = (flags & tun_flags::kTap) != 0;
        tun_.add_interface(name, {.flags = flags, .persistent = true, .is_ethernet = is_tap});
    }
    void add_bridge(const std::string& name) override {
        tun_.add_interface(name, {.persistent = true, .is_tun_device = false});
    }
    std::optional<unsigned> add_macvtap(const std::string& name) override {
        return tun_.add_interface(name, {.persistent = true, .is_macvtap = true});
    }
    void move_away(const std::string& name) override { tun_.at(name).in_our_namespace = false; }
    void attach_filter(int fd) override {
        tun_.at(tun_.get_iff(fd)->name).has_socket_filter = true;
    }
    bool has_tso(const std::string& name) override {
        return (tun_.find(name)->offload & tun_offload::kTso4) != 0;
    }
    void without_privilege(const std::function<void()>& body) override {
        tun_.may_administer = false;
        body();
        tun_.may_administer = true;
    }
    std::optional<unsigned> another_user() override { return geteuid() + 1; }

private:
    FakeTun tun_;
};

INSTANTIATE_TEST_SUITE_P(, TunKernelContract, ::testing::Values(make_tun_world<FakeTunWorld>),
                         [](const auto&) { return "FakeTun"; });

TEST(FakeTun, FailsTheNthCallOfAKind) {
    FakeTun tun;
    tun.fail(TunCall::open_tun, 2, EIO);
    EXPECT_TRUE(tun.open_tun());
    Result<UniqueFd> second = tun.open_tun();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message(), "cannot open /dev/net/tun: Input/output error");
    EXPECT_TRUE(tun.open_tun());
    EXPECT_EQ(tun.count(TunCall::open_tun), 3U);
}

TEST(FakeTun, CarriesFramesBetweenQueueAndWire) {
    FakeTun tun;
    const UniqueFd fd = tun.open_queue("t0", 0);
    EXPECT_EQ(write(fd.get(), "out", 3), 3);
    EXPECT_EQ(tun.get_frame(fd.get()), "out");
    EXPECT_EQ(tun.get_frame(fd.get()), std::nullopt);
    tun.put_frame(fd.get(), "in");
    char buffer[8];
    EXPECT_EQ(read(fd.get(), buffer, sizeof buffer), 2);
}

TEST(FakeTun, BreaksAQueueSoThatReadingFails) {
    FakeTun tun;
    const UniqueFd fd = tun.open_queue("t0", 0);
    tun.break_queue(fd.get());
    char byte = 0;
    EXPECT_EQ(read(fd.get(), &byte, 1), -1);
    EXPECT_EQ(tun.find("t0"), nullptr);
}

}  // namespace
}  // namespace qnetdev::test
