// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "net/client/net_context_internals.h"
#include "tests/support/tap_fixture.h"

namespace qnetdev {
namespace {

using test::fake_client;
using test::fake_group;
using Kind = NetClientGroup::Kind;
using Lines = std::vector<std::string>;

class Nic : public test::TapFixture {
protected:
    Nic() {
        qapi::NetdevTapOptions options = quiet("t0");
        options.queues = 2;
        EXPECT_TRUE(add("n0", options));
    }
    Result<NetClientGroup*> attach(const std::string& nic, const std::string& netdev,
                                   std::size_t queues = 1) {
        return net_nic_attach(context_, fake_group(nic, Kind::nic, queues), netdev);
    }
};

TEST_F(Nic, TakesANetdevAsAWhole) {
    Result<NetClientGroup*> nic = attach("nic0", "n0", 2);
    ASSERT_TRUE(nic);
    EXPECT_EQ(context_.registry().find_nic("nic0"), *nic);
    EXPECT_EQ((*nic)->client(1).peer(), &tap("n0", 1));
    EXPECT_EQ(tap("n0", 1).queue_index(), 1U);
}

TEST_F(Nic, IsShownWithItsNetdev) {
    ASSERT_TRUE(attach("nic0", "n0", 2));
    ASSERT_TRUE(add("n1", quiet("t1")));
    EXPECT_EQ(net_info(context_),
              (Lines{"nic0: index=0,type=fake,",
                     " \\ n0: index=0,type=tap,ifname=t0,script=no,downscript=no",
                     "nic0: index=1,type=fake,",
                     " \\ n0: index=1,type=tap,ifname=t0,script=no,downscript=no",
                     "n1: index=0,type=tap,ifname=t1,script=no,downscript=no"}));
}

TEST_F(Nic, NeedsANetdev) {
    Result<NetClientGroup*> nic = attach("nic0", "n1");
    ASSERT_FALSE(nic);
    EXPECT_EQ(nic.error().message(), "no netdev 'n1'");
    EXPECT_EQ(nic.error().error_class(), ErrorClass::device_not_found);
    EXPECT_EQ(context_.registry().find_nic("nic0"), nullptr);
}

TEST_F(Nic, NeedsANetdevThatIsFree) {
    ASSERT_TRUE(attach("nic0", "n0"));
    Result<NetClientGroup*> second = attach("nic1", "n0");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message(), "netdev 'n0' is in use by 'nic0'");
    EXPECT_EQ(context_.registry().find_nic("nic1"), nullptr);
}

TEST_F(Nic, NeedsAnIdThatNoOtherNicHas) {
    ASSERT_TRUE(attach("nic0", "n0"));
    ASSERT_TRUE(add("n1", quiet("t1")));
    Result<NetClientGroup*> second = attach("nic0", "n1");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().param(), "id");
    EXPECT_EQ(tap("n1").peer(), nullptr);
}

TEST_F(Nic, MustBeACard) {
    Result<NetClientGroup*> nic =
        net_nic_attach(context_, fake_group("nic0", Kind::netdev, 1), "n0");
    ASSERT_FALSE(nic);
    EXPECT_EQ(nic.error().message(), "'nic0' must be a card, but is a backend");
    EXPECT_EQ(tap("n0").peer(), nullptr);
}

TEST_F(Nic, MustHaveAQueue) {
    Result<NetClientGroup*> nic = attach("nic0", "n0", 0);
    ASSERT_FALSE(nic);
    EXPECT_EQ(nic.error().message(), "card 'nic0' must have a queue, but has none");
    EXPECT_EQ(context_.registry().find_nic("nic0"), nullptr);
}

TEST_F(Nic, IsMadeOfAsManyQueuesAsItIsToHave) {
    std::vector<std::size_t> made;
    std::unique_ptr<NetClientGroup> nic = net_nic_create("nic0", 2, [&](std::size_t queue) {
        made.push_back(queue);
        return std::make_unique<test::FakeClient>("nic0", "model");
    });
    EXPECT_EQ(made, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(nic->size(), 2U);
    EXPECT_TRUE(net_nic_attach(context_, std::move(nic), "n0"));
}

TEST_F(Nic, LeavesTheNetdevToTheNextOne) {
    ASSERT_TRUE(attach("nic0", "n0", 2));
    ASSERT_TRUE(net_nic_detach(context_, "nic0"));
    EXPECT_EQ(tap("n0").peer(), nullptr);
    EXPECT_FALSE(tap("n0").link_down());
    EXPECT_TRUE(attach("nic1", "n0", 2));
}

TEST_F(Nic, IsDetachedOnce) {
    ASSERT_TRUE(attach("nic0", "n0"));
    ASSERT_TRUE(net_nic_detach(context_, "nic0"));
    Result<void> again = net_nic_detach(context_, "nic0");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().error_class(), ErrorClass::device_not_found);
}

TEST_F(Nic, OutlivesItsNetdev) {
    Result<NetClientGroup*> nic = attach("nic0", "n0", 2);
    ASSERT_TRUE(nic);
    remove("n0");
    EXPECT_TRUE((*nic)->client(0).link_down());
    EXPECT_EQ(fake_client(**nic).link_changed_calls, 1);
    EXPECT_EQ(net_info(context_)[0], "nic0: index=0,type=fake,");
}

TEST_F(Nic, GoesBeforeItsNetdevWhenTheContextEnds) {
    NetContext context(internals_on(loop_.loop(), tun_));
    ASSERT_TRUE(net_client_init(context, netdev("n0", quiet("t1"))));
    ASSERT_TRUE(net_nic_attach(context, fake_group("nic0", Kind::nic), "n0"));
}

}  // namespace
}  // namespace qnetdev
