// SPDX-License-Identifier: MIT
#include <cerrno>
#include <set>

#include "tests/unit/vhost/vhost_fixture.h"

namespace qnetdev::test {
namespace {

using Strings = std::vector<std::string>;

/// Rings of a NIC that vhost serves: vhost_net_start() and what comes after it.
class VhostNetStart : public VhostFixture {
protected:
    /// Stopped, without a doorbell, interrupts masked, the tap read again.
    void expect_stopped(const std::string& why) {
        for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
            EXPECT_FALSE(pairs_[pair]->is_running()) << why;
            EXPECT_FALSE(taps_[pair]->runs) << why;
            for (const FakeVhost::Ring& ring : device(pair).rings) {
                EXPECT_EQ(ring.backend, -1) << why;
                EXPECT_EQ(ring.kick, -1) << why;
                for (const UniqueFd& event : events_) {
                    EXPECT_NE(ring.call, event.get()) << why;
                }
            }
        }
    }
    std::string error_of_start(const VhostSetup& with) {
        const Result<void> outcome = start(with);
        return outcome ? "ok" : outcome.error().message();
    }
};

TEST_F(VhostNetStart, GoesPairByPairInTheOrderThatTheKernelWants) {
    add_pair();
    ASSERT_TRUE(start());
    EXPECT_EQ(
        vhost_.calls(),
        (Strings{
            "VHOST_SET_VRING_CALL 0 1", "VHOST_SET_VRING_CALL 1 1",
            "VHOST_SET_FEATURES 0x130008000", "VHOST_GET_BACKEND_FEATURES",
            "VHOST_SET_BACKEND_FEATURES 0", "VHOST_SET_MEM_TABLE 1", "VHOST_SET_VRING_NUM 0 256",
            "VHOST_SET_VRING_BASE 0 0", "VHOST_SET_VRING_ADDR 0 0", "VHOST_SET_VRING_KICK 0 1",
            "VHOST_SET_VRING_NUM 1 256", "VHOST_SET_VRING_BASE 1 1", "VHOST_SET_VRING_ADDR 1 0",
            "VHOST_SET_VRING_KICK 1 1", "VHOST_NET_SET_BACKEND 0 1", "VHOST_NET_SET_BACKEND 1 1"}));
    EXPECT_TRUE(pairs_[0]->is_running());
    EXPECT_EQ(device().rings[1].backend, taps_[0]->vhost_fd_of_tap());
}

TEST_F(VhostNetStart, StopsTheReadingOfATapBeforeTheKernelHasIt) {
    add_pair();
    ASSERT_TRUE(start());
    EXPECT_TRUE(taps_[0]->runs);
    (void)vhost_net_stop(pairs_);
    EXPECT_FALSE(taps_[0]->runs);
    EXPECT_EQ(taps_[0]->backend_when_told, (std::vector<bool>{false, false}));
}

TEST_F(VhostNetStart, TellsWhereItWasAndGoesOnFromThere) {
    add_pair();
    ASSERT_TRUE(start());
    device().rings[0].base = 77;  // the kernel has moved frames
    const std::vector<VhostPositions> positions = vhost_net_stop(pairs_);
    ASSERT_EQ(positions.size(), 1U);
    EXPECT_EQ(positions[0][0], 77);
    EXPECT_EQ(positions[0][1], 1);
    expect_stopped("stopped");
    vhost_.clear_calls();
    EXPECT_EQ(vhost_net_stop(pairs_)[0][0], std::nullopt);  // it does not run
    EXPECT_TRUE(vhost_.calls().empty());
    EXPECT_TRUE(start());
}

TEST_F(VhostNetStart, LeavesOutARingThatTheGuestHasNotEnabled) {
    add_pair();
    VhostRings both = rings();
    both[1].size = 0;
    ASSERT_TRUE(vhost_net_start(pairs_, setup(), {&both, 1}));
    EXPECT_GE(device().rings[0].backend, 0);
    EXPECT_EQ(device().rings[1].backend, -1);
}

TEST_F(VhostNetStart, UndoesAllPairsWhicheverCallFails) {
    add_pair();
    add_pair();
    ASSERT_TRUE(start());
    std::set<std::string> names;
    for (const std::string& call : vhost_.calls()) {
        names.insert(call.substr(0, call.find(' ')));
    }
    (void)vhost_net_stop(pairs_);
    for (const std::string& name : names) {
        const bool ignored = name.find("BACKEND_FEATURES") != std::string::npos;
        for (unsigned nth = 1; nth <= 2 || (nth <= 4 && name.find("VRING") != std::string::npos);
             ++nth) {
            vhost_.fail(name, nth, ENOMEM);
            const Result<void> outcome = start();
            if (ignored) {
                EXPECT_TRUE(outcome) << name;
                (void)vhost_net_stop(pairs_);
                continue;
            }
            const std::string why = name + " " + std::to_string(nth);
            ASSERT_FALSE(outcome) << why;
            EXPECT_EQ(outcome.error().message(), name + ": Cannot allocate memory");
            expect_stopped(why);
        }
    }
    EXPECT_TRUE(start());  // nothing of it is left
}

TEST_F(VhostNetStart, WantsTheHeaderThatTheTapHas) {
    add_pair();
    taps_[0]->state.vnet_hdr = 10;
    EXPECT_EQ(error_of_start(setup()),
              "frames of 't0' have a virtio-net header of 10 bytes, but the guest's one of 12");
    EXPECT_TRUE(vhost_.calls().empty());
    EXPECT_EQ(error_of_start(setup(0x10000000)), "ok");  // a legacy guest's
    (void)vhost_net_stop(pairs_);
    taps_[0]->state.vnet_hdr = 12;
    EXPECT_EQ(error_of_start(setup(0x8000)), "ok");  // mergeable buffers alone
}

TEST_F(VhostNetStart, HasTheKernelMakeHeadersForATapWithoutOne) {
    add_pair();
    taps_[0]->state.vnet_hdr = 0;
    ASSERT_TRUE(start());
    EXPECT_EQ(to_string(device().features), "0x138008000");
    (void)vhost_net_stop(pairs_);
    taps_[0]->state.vnet_hdr = 12;
    ASSERT_TRUE(start(setup(kGuestFeatures | 1U << 27)));  // nobody else decides that
    EXPECT_EQ(to_string(device().features), "0x130008000");
}

TEST_F(VhostNetStart, RefusesLayerThree) {
    add_pair();
    taps_[0]->state.is_tap = false;
    EXPECT_EQ(error_of_start(setup()), "'t0' is no tap (layer 2) interface");
}

TEST_F(VhostNetStart, RefusesFeaturesThatCannotBe) {
    add_pair();
    EXPECT_EQ(error_of_start(setup(kGuestFeatures | std::uint64_t{1} << 33)),
              "vhost-net cannot serve a guest behind an IOMMU: there is no IOTLB");
    EXPECT_EQ(
        error_of_start(setup(kGuestFeatures | std::uint64_t{1} << 34)),
        "this kernel's vhost-net lacks features 0x400000000: it has no more than 0x33d008000");
}

TEST_F(VhostNetStart, TellsAKernelOfFeaturesAbove63ThatHasThem) {
    vhost_.has_feature_arrays = true;
    vhost_.features = vhost_.features | VhostFeatures::bit(65);
    add_pair();
    taps_[0]->state.vnet_hdr = 24;
    VhostSetup with = setup();
    with.features = with.features | VhostFeatures::bit(65);
    ASSERT_TRUE(start(with));
    EXPECT_EQ(vhost_.count("VHOST_SET_FEATURES"), 0U);
    EXPECT_TRUE(device().features.has(65));
}

TEST_F(VhostNetStart, LetsGoOfMemoryEvenIfARingCannotBeDetached) {
    add_pair();
    ASSERT_TRUE(start());
    vhost_.fail("VHOST_NET_SET_BACKEND", 1, EIO);
    (void)vhost_net_stop(pairs_);
    EXPECT_FALSE(is_attached(0));
    EXPECT_FALSE(device().owner.has_value());
    EXPECT_FALSE(taps_[0]->runs);
    ASSERT_TRUE(start());  // as if it were new
    EXPECT_TRUE(is_attached(0));
    EXPECT_GE(device().rings[0].err, 0);
}

TEST_F(VhostNetStart, SaysNothingOfAPositionThatTheKernelDoesNotTell) {
    add_pair();
    ASSERT_TRUE(start());
    vhost_.fail("VHOST_GET_VRING_BASE", 1, EIO);
    const std::vector<VhostPositions> positions = vhost_net_stop(pairs_);
    EXPECT_EQ(positions[0][0], std::nullopt);
    EXPECT_EQ(positions[0][1], 1);
    expect_stopped("stopped");
}

TEST_F(VhostNetStart, ResetsOneRingAlone) {
    VhostNet& pair = add_pair();
    ASSERT_TRUE(start());
    device().rings[1].base = 9;
    const Result<std::optional<std::uint16_t>> next = pair.stop_ring(1);
    ASSERT_TRUE(next);
    EXPECT_EQ(*next, 9);
    EXPECT_EQ(device().rings[1].backend, -1);
    EXPECT_GE(device().rings[0].backend, 0);
    EXPECT_TRUE(pair.is_running());

    VhostRing again = rings()[1];
    again.size = 512;
    vhost_.fail("VHOST_NET_SET_BACKEND", 1, ENOMEM);
    EXPECT_FALSE(pair.start_ring(1, again));
    EXPECT_EQ(device().rings[1].kick, -1);
    ASSERT_TRUE(pair.start_ring(1, again));
    EXPECT_EQ(device().rings[1].entries, 512U);
    EXPECT_GE(device().rings[1].backend, 0);
}

TEST_F(VhostNetStart, LogsFromTheStart) {
    add_pair();
    int bitmap = 0;
    VhostSetup with = setup();
    with.dirty_log = &bitmap;
    ASSERT_TRUE(start(with));
    EXPECT_TRUE(device().features.has(26));
    EXPECT_EQ(device().log_base, reinterpret_cast<std::uintptr_t>(&bitmap));
    EXPECT_EQ(device().rings[1].address.log, 0x6000U);
}

TEST_F(VhostNetStart, SwitchesTheLogOfRunningPairs) {
    add_pair();
    add_pair();
    ASSERT_TRUE(start());
    int bitmap = 0;
    vhost_.clear_calls();
    ASSERT_TRUE(vhost_net_set_log({pairs_.data(), 1}, &bitmap));
    EXPECT_EQ(vhost_.calls(), (Strings{"VHOST_SET_LOG_BASE", "VHOST_SET_FEATURES 0x134008000",
                                       "VHOST_SET_VRING_ADDR 0 1", "VHOST_SET_VRING_ADDR 1 1"}));
    vhost_.clear_calls();
    ASSERT_TRUE(vhost_net_set_log({pairs_.data(), 1}, nullptr));
    EXPECT_EQ(vhost_.calls(), (Strings{"VHOST_SET_VRING_ADDR 0 0", "VHOST_SET_VRING_ADDR 1 0",
                                       "VHOST_SET_FEATURES 0x130008000"}));
}

TEST_F(VhostNetStart, LogsAllPairsOrNone) {
    add_pair();
    add_pair();
    ASSERT_TRUE(start());
    int bitmap = 0;
    for (const char* call : {"VHOST_SET_LOG_BASE", "VHOST_SET_FEATURES"}) {
        vhost_.fail(call, 2, ENOMEM);
        EXPECT_FALSE(vhost_net_set_log(pairs_, &bitmap)) << call;
        for (std::size_t pair = 0; pair < 2; ++pair) {
            EXPECT_FALSE(device(pair).features.has(26)) << call;
            EXPECT_EQ(device(pair).rings[0].address.log, std::nullopt) << call;
        }
    }
    vhost_.fail("VHOST_SET_VRING_ADDR", 4, ENOMEM);
    EXPECT_FALSE(vhost_net_set_log(pairs_, &bitmap));
    EXPECT_FALSE(device(0).features.has(26));
    EXPECT_FALSE(device(1).features.has(26));
    EXPECT_TRUE(vhost_net_set_log(pairs_, &bitmap));
    EXPECT_TRUE(device(1).features.has(26));
}

TEST_F(VhostNetStart, ReplacesTheTableOfMemory) {
    add_pair();
    ASSERT_TRUE(start());
    const std::array<VhostMemoryRegion, 2> more{
        memory_, {.guest_address = 0x200000, .size = 0x1000, .user_address = 0x400000}};
    ASSERT_TRUE(vhost_net_set_memory(pairs_, more));
    EXPECT_EQ(device().memory->size(), 2U);
    vhost_.fail("VHOST_SET_MEM_TABLE", 1, E2BIG);
    const Result<void> refused = vhost_net_set_memory(pairs_, more);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(), "VHOST_SET_MEM_TABLE: Argument list too long");
}

}  // namespace
}  // namespace qnetdev::test
