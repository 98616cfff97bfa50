// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/vhost_net.h"
#include "tests/support/fake_vhost.h"

namespace qnetdev::test {

/// The end of a pair that FakeVhost takes for a tap, and what the device has asked of it.
class StubTap : public VhostTap {
public:
    StubTap() {
        std::array<int, 2> ends{};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        fd_ = UniqueFd(ends[0]);
        wire_ = UniqueFd(ends[1]);
    }

    int vhost_fd_of_tap() const override { return fd_.get(); }
    Result<State> vhost_tap_state() override { return state; }
    void on_vhost_running(bool running) override {
        runs = running;
        // Nobody may read a tap that a ring has.
        backend_when_told.push_back(is_attached ? is_attached() : false);
    }

    State state{.is_tap = true, .vnet_hdr = 12, .name = "t0"};
    bool runs = false;
    std::function<bool()> is_attached = {};
    std::vector<bool> backend_when_told = {};

private:
    UniqueFd fd_ = {};
    UniqueFd wire_ = {};
};

/// Devices of a FakeVhost, each between rings in memory that is none and a StubTap.
class VhostFixture : public ::testing::Test {
protected:
    static constexpr std::uint64_t kGuestFeatures = 0x130008000;  // of a modern Linux guest

    VhostNet& add_pair(std::uint32_t busy_poll_us = 0) {
        fds_.push_back(*vhost_.open_vhost());
        Result<std::unique_ptr<VhostNet>> device =
            VhostNet::create(vhost_, fds_.back().get(), busy_poll_us);
        EXPECT_TRUE(device) << device.error().message();
        taps_.push_back(std::make_unique<StubTap>());
        (*device)->connect(*taps_.back());
        devices_.push_back(*std::move(device));
        pairs_.push_back(devices_.back().get());
        StubTap& tap = *taps_.back();
        tap.is_attached = [this, fd = fds_.back().get()] {
            const FakeVhost::Device& it = *vhost_.find(fd);
            return it.rings[0].backend >= 0 || it.rings[1].backend >= 0;
        };
        return *pairs_.back();
    }

    VhostRings rings(unsigned next = 0) {
        VhostRings both;
        for (unsigned ring = 0; ring < kVhostRings; ++ring) {
            events_.push_back(*vhost_.make_event());
            const int kick = events_.back().get();
            events_.push_back(*vhost_.make_event());
            both[ring] = {.size = 256,
                          .descriptors = 0x10000 + ring * 0x4000,
                          .available = 0x11000 + ring * 0x4000,
                          .used = 0x12000 + ring * 0x4000,
                          .used_guest_address = 0x2000 + ring * 0x4000,
                          .next_available = static_cast<std::uint16_t>(next + ring),
                          .kick_fd = kick,
                          .call_fd = events_.back().get()};
        }
        return both;
    }

    std::vector<VhostRings> all_rings() {
        std::vector<VhostRings> all;
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            all.push_back(rings());
        }
        return all;
    }

    VhostSetup setup(std::uint64_t features = kGuestFeatures) {
        return {.features = {.low = features}, .memory = {&memory_, 1}};
    }

    Result<void> start(const VhostSetup& with) {
        const std::vector<VhostRings> all = all_rings();
        vhost_.clear_calls();
        return vhost_net_start(pairs_, with, all);
    }
    Result<void> start() { return start(setup()); }

    FakeVhost::Device& device(std::size_t pair = 0) { return *vhost_.find(fds_[pair].get()); }
    bool is_attached(std::size_t pair) {
        return device(pair).rings[0].backend >= 0 || device(pair).rings[1].backend >= 0;
    }

    FakeVhost vhost_;
    VhostMemoryRegion memory_{.guest_address = 0, .size = 0x100000, .user_address = 0x10000};
    std::vector<UniqueFd> events_ = {};
    std::vector<UniqueFd> fds_ = {};
    std::vector<std::unique_ptr<StubTap>> taps_ = {};
    std::vector<std::unique_ptr<VhostNet>> devices_ = {};
    std::vector<VhostNet*> pairs_ = {};
};

}  // namespace qnetdev::test
