// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "net/net_client_group.h"
#include "tests/support/fake_client.h"

namespace qnetdev {
namespace {

using Kind = NetClientGroup::Kind;
using test::fake_client;
using test::fake_group;
using test::FakeClient;
using test::TextFrame;

class NetClientRegistryTest : public ::testing::Test {
protected:
    NetClientGroup& add(const std::string& id, Kind kind, std::size_t queues = 1) {
        return registry_.insert(fake_group(id, kind, queues));
    }

    NetClientRegistry registry_;
};

TEST_F(NetClientRegistryTest, FindsBackendsAndNicsApart) {
    NetClientGroup& backend = add("same", Kind::netdev);
    NetClientGroup& nic = add("same", Kind::nic);
    EXPECT_EQ(registry_.find_backend("same"), &backend);
    EXPECT_EQ(registry_.find_nic("same"), &nic);
    EXPECT_EQ(registry_.find_backend("other"), nullptr);
}

TEST_F(NetClientRegistryTest, FindsHubPortsAmongTheBackends) {
    NetClientGroup& port = add("hub0port0", Kind::hub_port);
    EXPECT_EQ(registry_.find_backend("hub0port0"), &port);
}

TEST_F(NetClientRegistryTest, KeepsTheOrderOfCreation) {
    add("b", Kind::netdev);
    add("a", Kind::nic);
    add("c", Kind::netdev);
    std::string order;
    for (const auto& group : registry_.groups()) {
        order += group->id();
    }
    EXPECT_EQ(order, "bac");
}

TEST_F(NetClientRegistryTest, FreesTheIdOfARemovedGroup) {
    const std::unique_ptr<NetClientGroup> taken = registry_.remove(add("n0", Kind::netdev));
    EXPECT_EQ(taken->id(), "n0");
    EXPECT_EQ(registry_.find_backend("n0"), nullptr);
    EXPECT_EQ(registry_.find_backend(add("n0", Kind::netdev).id())->id(), "n0");
}

TEST_F(NetClientRegistryTest, PairsAndNumbersTheQueuesOnAttach) {
    NetClientGroup& backend = add("n0", Kind::netdev, 3);
    NetClientGroup& nic = add("nic0", Kind::nic, 2);
    ASSERT_TRUE(registry_.attach(nic, backend));
    EXPECT_EQ(backend.client(0).peer(), &nic.client(0));
    EXPECT_EQ(nic.client(1).peer(), &backend.client(1));
    EXPECT_EQ(backend.client(2).peer(), nullptr);
    EXPECT_EQ(backend.client(1).queue_index(), 1U);
    EXPECT_EQ(nic.client(1).queue_index(), 1U);
    EXPECT_EQ(backend.client(2).queue_index(), 2U);
}

TEST_F(NetClientRegistryTest, LeavesTheIndexAt0UntilANicComes) {
    NetClientGroup& backend = add("n0", Kind::netdev, 2);
    EXPECT_EQ(backend.client(1).queue_index(), 0U);
}

TEST_F(NetClientRegistryTest, RefusesABackendThatIsTaken) {
    NetClientGroup& backend = add("n0", Kind::netdev);
    ASSERT_TRUE(registry_.attach(add("nic0", Kind::nic), backend));
    Result<void> second = registry_.attach(add("nic1", Kind::nic), backend);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message(), "netdev 'n0' is in use by 'nic0'");
    EXPECT_EQ(second.error().stage(), Stage::validate);
    EXPECT_EQ(second.error().param(), "netdev");
    EXPECT_EQ(backend.client(0).peer()->name(), "nic0");
}

TEST_F(NetClientRegistryTest, RefusesANicWithMoreQueuesThanTheBackend) {
    NetClientGroup& backend = add("n0", Kind::netdev, 2);
    NetClientGroup& nic = add("nic0", Kind::nic, 3);
    Result<void> outcome = registry_.attach(nic, backend);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "NIC 'nic0' has 3 queues, but netdev 'n0' has only 2");
    EXPECT_EQ(outcome.error().param(), "netdev");
    EXPECT_EQ(nic.client(0).peer(), nullptr);
}

TEST_F(NetClientRegistryTest, RemovesABackendUnderItsNic) {
    NetClientGroup& backend = add("n0", Kind::netdev, 2);
    NetClientGroup& nic = add("nic0", Kind::nic, 2);
    ASSERT_TRUE(registry_.attach(nic, backend));
    const std::unique_ptr<NetClientGroup> taken = registry_.remove(backend);
    EXPECT_EQ(nic.client(0).peer(), nullptr);
    EXPECT_EQ(taken->client(0).peer(), nullptr);
    EXPECT_TRUE(nic.client(0).link_down());
    EXPECT_TRUE(nic.client(1).link_down());
    EXPECT_EQ(fake_client(nic, 0).link_changed_calls, 1);
    EXPECT_EQ(fake_client(nic, 1).link_changed_calls, 0);
}

TEST_F(NetClientRegistryTest, ForgetsTheFramesOfAClientThatGoes) {
    NetClientGroup& backend = add("n0", Kind::netdev);
    NetClientGroup& nic = add("nic0", Kind::nic);
    ASSERT_TRUE(registry_.attach(nic, backend));
    fake_client(nic).can_take = false;
    EXPECT_EQ(backend.client(0).send(TextFrame("x")), Delivery::busy);
    const std::unique_ptr<NetClientGroup> taken = registry_.remove(nic);
    fake_client(*taken).can_take = true;
    taken->client(0).flush_incoming();
    EXPECT_TRUE(fake_client(*taken).received.empty());
}

TEST_F(NetClientRegistryTest, FreesANicThatWaitsForTheBackendThatGoes) {
    NetClientGroup& backend = add("n0", Kind::netdev);
    NetClientGroup& nic = add("nic0", Kind::nic);
    ASSERT_TRUE(registry_.attach(nic, backend));
    fake_client(backend).can_take = false;
    EXPECT_EQ(nic.client(0).send(TextFrame("x")), Delivery::busy);
    (void)registry_.remove(backend);
    EXPECT_EQ(fake_client(nic).peer_ready_calls, 1);
    EXPECT_EQ(nic.client(0).send(TextFrame("x")), Delivery::done);
}

TEST_F(NetClientRegistryTest, LeavesTheBackendUsableWhenItsNicGoes) {
    NetClientGroup& backend = add("n0", Kind::netdev);
    NetClientGroup& first = add("nic0", Kind::nic);
    ASSERT_TRUE(registry_.attach(first, backend));
    fake_client(first).can_take = false;
    EXPECT_EQ(backend.client(0).send(TextFrame("x")), Delivery::busy);
    (void)registry_.remove(first);
    EXPECT_FALSE(backend.client(0).link_down());
    EXPECT_EQ(fake_client(backend).peer_ready_calls, 1);

    NetClientGroup& second = add("nic1", Kind::nic);
    ASSERT_TRUE(registry_.attach(second, backend));
    EXPECT_EQ(backend.client(0).send(TextFrame("y")), Delivery::done);
    EXPECT_EQ(fake_client(second).received, std::vector<std::string>{"y"});
}

TEST_F(NetClientRegistryTest, KeepsALinkDownThatWasSetByHandWhenTheNicGoes) {
    NetClientGroup& backend = add("n0", Kind::netdev);
    NetClientGroup& nic = add("nic0", Kind::nic);
    ASSERT_TRUE(registry_.attach(nic, backend));
    registry_.set_link("n0", false);
    (void)registry_.remove(nic);
    EXPECT_TRUE(backend.client(0).link_down());
}

TEST_F(NetClientRegistryTest, SurvivesTheDestructionOfAnAttachedNic) {
    NetClientGroup& backend = add("n0", Kind::netdev);
    {
        const std::unique_ptr<NetClientGroup> nic = fake_group("nic0", Kind::nic);
        ASSERT_TRUE(registry_.attach(*nic, backend));
    }
    EXPECT_EQ(backend.client(0).peer(), nullptr);
    EXPECT_EQ(backend.client(0).send(TextFrame("x")), Delivery::done);
}

TEST_F(NetClientRegistryTest, SetLinkFailsForAnUnknownName) {
    EXPECT_FALSE(registry_.set_link("nobody", false));
}

TEST_F(NetClientRegistryTest, SetLinkOfABackendReachesItsNic) {
    NetClientGroup& backend = add("n0", Kind::netdev, 2);
    NetClientGroup& nic = add("nic0", Kind::nic, 2);
    ASSERT_TRUE(registry_.attach(nic, backend));
    EXPECT_TRUE(registry_.set_link("n0", false));
    for (std::size_t queue = 0; queue < 2; ++queue) {
        EXPECT_TRUE(backend.client(queue).link_down());
        EXPECT_TRUE(nic.client(queue).link_down());
    }
    EXPECT_EQ(fake_client(nic, 0).link_changed_calls, 1);
    EXPECT_EQ(fake_client(nic, 1).link_changed_calls, 0);
    EXPECT_EQ(fake_client(backend, 0).link_changed_calls, 0);
    EXPECT_TRUE(registry_.set_link("n0", true));
    EXPECT_FALSE(nic.client(1).link_down());
}

TEST_F(NetClientRegistryTest, SetLinkOfANicLeavesItsBackendAlone) {
    NetClientGroup& backend = add("n0", Kind::netdev, 2);
    NetClientGroup& nic = add("nic0", Kind::nic, 2);
    ASSERT_TRUE(registry_.attach(nic, backend));
    EXPECT_TRUE(registry_.set_link("nic0", false));
    EXPECT_TRUE(nic.client(1).link_down());
    EXPECT_FALSE(backend.client(0).link_down());
    EXPECT_EQ(fake_client(nic, 0).link_changed_calls, 1);
}

TEST_F(NetClientRegistryTest, SetLinkOfABackendWithoutNicNotifiesNobody) {
    NetClientGroup& backend = add("n0", Kind::netdev);
    EXPECT_TRUE(registry_.set_link("n0", false));
    EXPECT_TRUE(backend.client(0).link_down());
    EXPECT_EQ(fake_client(backend).link_changed_calls, 0);
}

TEST_F(NetClientRegistryTest, SetLinkActsOnBothOfOneName) {
    NetClientGroup& backend = add("same", Kind::netdev);
    NetClientGroup& nic = add("same", Kind::nic);
    EXPECT_TRUE(registry_.set_link("same", false));
    EXPECT_TRUE(backend.client(0).link_down());
    EXPECT_TRUE(nic.client(0).link_down());
}

TEST_F(NetClientRegistryTest, CountsTheQueuesOfAGroup) {
    EXPECT_EQ(add("n0", Kind::netdev, 5).size(), 5U);
    EXPECT_EQ(add("n1", Kind::netdev, 0).size(), 0U);
    EXPECT_TRUE(registry_.set_link("n1", false));
}

}  // namespace
}  // namespace qnetdev
