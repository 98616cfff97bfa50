// SPDX-License-Identifier: MIT
#include "net/monitor/commands/query_rx_filter.h"

#include "tests/unit/nic/card.h"

namespace qnetdev {
namespace {

using test::bytes;
using test::le;
using Texts = std::vector<std::string>;

class QueryRxFilter : public test::Card {
protected:
    std::string refusal(const std::string& name) {
        const auto told = query_rx_filter(registry_, name);
        return told ? "was told" : told.error().message();
    }
};

TEST_F(QueryRxFilter, TellsWhatTheGuestHasSet) {
    start(kModern | VirtioFeatures{ctrl_vlan});
    ASSERT_TRUE(command(0, 0, bytes({0})));
    ASSERT_TRUE(command(0, 1, bytes({1})));
    ASSERT_TRUE(command(0, 4, bytes({1})));
    ASSERT_TRUE(command(1, 0, le(2U) + "uuuuu1uuuuu2" + le(2U) + "mmmmm1mmmmm2"));
    for (const unsigned vid : {3U, 7U, 5U}) {
        ASSERT_TRUE(command(2, 0, le(static_cast<std::uint16_t>(vid))));
    }
    const auto told = query_rx_filter(registry_, {});
    ASSERT_TRUE(told);
    EXPECT_EQ(*told, (std::vector<qapi::RxFilterInfo>{
                         {.name = "nic0",
                          .promiscuous = false,
                          .multicast = qapi::RxState::all,
                          .unicast = qapi::RxState::none,
                          .vlan = qapi::RxState::normal,
                          .broadcast_allowed = true,
                          .multicast_overflow = false,
                          .unicast_overflow = false,
                          .main_mac = "52:54:00:12:34:56",
                          .vlan_table = {7, 5, 3},
                          .unicast_table = {"75:75:75:75:75:32", "75:75:75:75:75:31"},
                          .multicast_table = {"6d:6d:6d:6d:6d:32", "6d:6d:6d:6d:6d:31"}}}));
    EXPECT_EQ(*query_rx_filter(registry_, "nic0"), *told);
}

TEST_F(QueryRxFilter, TellsWhatRanOverAndThatBroadcastsAreOff) {
    start();
    ASSERT_TRUE(command(0, 5, bytes({1})));
    ASSERT_TRUE(command(1, 0, le(65U) + std::string(390, 'u') + le(0U)));
    const auto told = query_rx_filter(registry_, "nic0");
    ASSERT_TRUE(told);
    EXPECT_FALSE((*told)[0].broadcast_allowed);
    EXPECT_TRUE((*told)[0].unicast_overflow);
    EXPECT_FALSE((*told)[0].multicast_overflow);
    EXPECT_EQ((*told)[0].vlan, qapi::RxState::all);
    EXPECT_TRUE((*told)[0].promiscuous);
}

TEST_F(QueryRxFilter, WaitsForTheNextChangeToTell) {
    int changes = 0;
    start();
    card_->set_filter_listener([&changes](Nic&) { ++changes; });
    ASSERT_TRUE(command(0, 0, bytes({1})));
    ASSERT_TRUE(command(0, 0, bytes({1})));
    ASSERT_TRUE(query_rx_filter(registry_, {}));
    ASSERT_TRUE(command(0, 0, bytes({1})));
    EXPECT_EQ(changes, 2);
}

TEST_F(QueryRxFilter, PassesByCardsThatKeepNone) {
    start();
    registry_.insert(test::fake_group("other", NetClientGroup::Kind::nic));
    EXPECT_EQ(query_rx_filter(registry_, {})->size(), 1U);
    EXPECT_EQ(refusal("other"), "card 'other' keeps no receive filter");
    EXPECT_EQ(refusal("n0"), "'n0' is a backend, not a card");
    EXPECT_EQ(refusal("zz"), "there is no card 'zz'");
}

}  // namespace
}  // namespace qnetdev
