// SPDX-License-Identifier: MIT
#include "net/tap/tap_offload.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/fake_tun.h"

namespace qnetdev {
namespace {

using namespace test::tun_offload;
using test::FakeTun;
using test::TunCall;
using Masks = std::vector<long>;

constexpr unsigned kUso = kUso4 | kUso6;
constexpr unsigned kOld = kCsum | kTso4 | kTso6 | kTsoEcn;

class TapOffload : public ::testing::Test {
protected:
    Masks masks() const { return tun_.values(TunCall::set_offload); }
    unsigned kernel_mask() { return tun_.find("t0")->offload; }

    FakeTun tun_;
    const UniqueFd fd_ = tun_.open_queue("t0", tun_flags::kVnetHdr);
};

TEST_F(TapOffload, AsksACurrentKernelOnce) {
    Result<Offloads> support = tap_probe_offload(tun_, fd_.get());
    ASSERT_TRUE(support);
    EXPECT_TRUE(support->ufo && support->uso4 && support->uso6 && support->tunnel);
    EXPECT_EQ(masks(), (Masks{0xf3, 0}));
}

TEST_F(TapOffload, AsksAnOldKernelOneByOne) {
    tun_.offloads = kOld | kUfo;
    Result<Offloads> support = tap_probe_offload(tun_, fd_.get());
    ASSERT_TRUE(support);
    EXPECT_TRUE(support->ufo);
    EXPECT_FALSE(support->uso4 || support->uso6);
    EXPECT_FALSE(support->tunnel);
    EXPECT_EQ(masks(), (Masks{0xf3, 0x11, 0x61, 0x83, 0}));
}

TEST_F(TapOffload, FindsUsoWithoutUfo) {
    tun_.offloads = kOld | kUso;
    Result<Offloads> support = tap_probe_offload(tun_, fd_.get());
    ASSERT_TRUE(support);
    EXPECT_FALSE(support->ufo);
    EXPECT_TRUE(support->uso4 && support->uso6);
    EXPECT_FALSE(support->tunnel || support->tunnel_csum);
    EXPECT_TRUE(support->csum && support->tso4 && support->tso6 && support->ecn);
}

TEST_F(TapOffload, LeavesEveryOffloadOffAfterTheProbe) {
    for (const unsigned offloads : {0x1ffU, kOld | kUfo, 0U}) {
        tun_.offloads = offloads;
        ASSERT_TRUE(tap_probe_offload(tun_, fd_.get()));
        EXPECT_EQ(kernel_mask(), 0U);
    }
}

TEST_F(TapOffload, ReportsAProbeThatFailsForAnotherReason) {
    tun_.fail(TunCall::set_offload, 1, EIO);
    Result<Offloads> support = tap_probe_offload(tun_, fd_.get());
    ASSERT_FALSE(support);
    EXPECT_EQ(support.error().message(), "TUNSETOFFLOAD: Input/output error");
}

TEST_F(TapOffload, ReportsAFailureOfEveryProbe) {
    tun_.offloads = 0;
    for (unsigned nth = 1; nth <= 5; ++nth) {
        tun_.fail(TunCall::set_offload, nth, EIO);
        EXPECT_FALSE(tap_probe_offload(tun_, fd_.get())) << nth;
    }
}

TEST_F(TapOffload, TurnsOnWhatWasNegotiated) {
    const Offloads everything = {true, true, true, true, true, true, true, true, true};
    Result<Offloads> set = tap_fd_set_offload(tun_, fd_.get(), everything);
    ASSERT_TRUE(set);
    EXPECT_EQ(*set, everything);
    EXPECT_EQ(kernel_mask(), 0x1ffU);
    EXPECT_EQ(masks(), (Masks{0, 0x1ff}));
}

TEST_F(TapOffload, TellsWhatIsSet) {
    for (const Offloads& offloads :
         {Offloads{}, Offloads{.csum = true}, Offloads{.csum = true, .tso4 = true},
          Offloads{.csum = true, .tso6 = true, .ecn = true}, Offloads{.csum = true, .ufo = true},
          Offloads{.csum = true, .uso4 = true, .uso6 = true},
          Offloads{.csum = true, .tso4 = true, .tunnel = true},
          Offloads{.csum = true, .tso4 = true, .tunnel = true, .tunnel_csum = true}}) {
        EXPECT_EQ(*tap_fd_set_offload(tun_, fd_.get(), offloads), offloads);
    }
}

TEST_F(TapOffload, TranslatesEachOffload) {
    const auto mask_of = [this](Offloads offloads) {
        offloads.csum = true;
        return tun_offload_bits(*tap_fd_set_offload(tun_, fd_.get(), offloads));
    };
    EXPECT_EQ(mask_of({}), kCsum);
    EXPECT_EQ(mask_of({.tso4 = true}), kCsum | kTso4);
    EXPECT_EQ(mask_of({.tso6 = true}), kCsum | kTso6);
    EXPECT_EQ(mask_of({.tso6 = true, .ecn = true}), kCsum | kTso6 | kTsoEcn);
    EXPECT_EQ(mask_of({.ufo = true}), kCsum | kUfo);
    EXPECT_EQ(mask_of({.uso4 = true, .uso6 = true}), kCsum | kUso);
    EXPECT_EQ(mask_of({.tso4 = true, .tunnel = true}), kCsum | kTso4 | kTunnel);
    EXPECT_EQ(mask_of({.tso4 = true, .tunnel = true, .tunnel_csum = true}),
              kCsum | kTso4 | kTunnel | kTunnelCsum);
}

TEST_F(TapOffload, IgnoresEcnWithoutTso) {
    EXPECT_EQ(*tap_fd_set_offload(tun_, fd_.get(), {.csum = true, .ecn = true}),
              Offloads{.csum = true});
    EXPECT_EQ(kernel_mask(), kCsum);
}

TEST_F(TapOffload, TurnsEverythingOffWithoutChecksums) {
    EXPECT_EQ(*tap_fd_set_offload(tun_, fd_.get(), {.tso4 = true, .ufo = true}), Offloads{});
    EXPECT_EQ(kernel_mask(), 0U);
}

TEST_F(TapOffload, RetriesWithoutUso) {
    tun_.offloads = kOld | kUfo;
    Result<Offloads> set = tap_fd_set_offload(
        tun_, fd_.get(), {.csum = true, .ufo = true, .uso4 = true, .uso6 = true});
    ASSERT_TRUE(set);
    EXPECT_EQ(tun_offload_bits(*set), kCsum | kUfo);
    EXPECT_EQ(masks(), (Masks{0, 0x71, 0x11}));
}

TEST_F(TapOffload, RetriesWithoutUfoToo) {
    tun_.offloads = kOld;
    Result<Offloads> set = tap_fd_set_offload(
        tun_, fd_.get(), {.csum = true, .tso4 = true, .ufo = true, .uso4 = true, .uso6 = true});
    ASSERT_TRUE(set);
    EXPECT_EQ(tun_offload_bits(*set), kCsum | kTso4);
    EXPECT_EQ(masks(), (Masks{0, 0x73, 0x13, 0x03}));
}

TEST_F(TapOffload, FailsWithEverythingOffIfNothingIsTaken) {
    tun_.offloads = 0;
    Result<Offloads> set = tap_fd_set_offload(tun_, fd_.get(), {.csum = true});
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().message(), "TUNSETOFFLOAD: Invalid argument");
    EXPECT_EQ(kernel_mask(), 0U);
}

TEST_F(TapOffload, GivesUpSilentlyIfTheKernelHasNoOffloadsAtAll) {
    tun_.fail(TunCall::set_offload, 1, EINVAL);
    Result<Offloads> set = tap_fd_set_offload(tun_, fd_.get(), {.csum = true});
    ASSERT_TRUE(set);
    EXPECT_EQ(*set, Offloads{});
    EXPECT_EQ(masks(), Masks{0});
}

TEST_F(TapOffload, DoesNotRetryAfterAnotherError) {
    tun_.fail(TunCall::set_offload, 2, EIO);
    Result<Offloads> set = tap_fd_set_offload(tun_, fd_.get(), {.csum = true, .ufo = true});
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().message(), "TUNSETOFFLOAD: Input/output error");
    EXPECT_EQ(kernel_mask(), 0U);
}

}  // namespace
}  // namespace qnetdev
