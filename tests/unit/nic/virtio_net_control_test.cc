// SPDX-License-Identifier: MIT
/// The control queue, command by command, and what a hostile guest may send there.
#include "tests/unit/nic/card.h"

namespace qnetdev {
namespace {

using test::bytes;
using test::kCardMac;
using test::le;
using Calls = std::vector<std::string>;

class VirtioNetControl : public test::Card {
protected:
    const ReceiveFilter& filter() {
        description_ = *card_->query_receive_filter();
        return description_.filter;
    }
    static std::string addresses(unsigned count, unsigned first) {
        std::string text;
        for (unsigned i = 0; i < count; ++i) {
            text += bytes({first, 0, 0, 0, i >> 8, i & 0xff});
        }
        return text;
    }
    static std::string table(unsigned unicast, unsigned multicast) {
        return le(unicast) + addresses(unicast, 2) + le(multicast) + addresses(multicast, 3);
    }
    static std::string steering(const std::vector<std::uint16_t>& entries, std::uint16_t pairs,
                                std::uint16_t fallback = 0, std::uint32_t types = 0x1ff,
                                const std::string& key = std::string(40, 'k')) {
        std::string text =
            le(types) + le(static_cast<std::uint16_t>(entries.size() - 1)) + le(fallback);
        for (const std::uint16_t entry : entries) {
            text += le(entry);
        }
        return text + le(pairs) + static_cast<char>(key.size()) + key;
    }
    void start_with(const VirtioFeatures& extra, unsigned pairs = 1,
                    const VirtioNetProperties& properties = {}) {
        start(kModern | extra, pairs, properties);
    }

private:
    ReceiveFilterDescription description_ = {};
};

TEST_F(VirtioNetControl, SwitchesReceiveModes) {
    start();
    const std::vector<bool ReceiveFilter::*> modes{
        &ReceiveFilter::promiscuous,  &ReceiveFilter::all_multicast, &ReceiveFilter::all_unicast,
        &ReceiveFilter::no_multicast, &ReceiveFilter::no_unicast,    &ReceiveFilter::no_broadcast};
    for (unsigned number = 0; number < modes.size(); ++number) {
        EXPECT_TRUE(command(0, number, bytes({0})));
        EXPECT_FALSE(filter().*modes[number]);
        EXPECT_TRUE(command(0, number, bytes({2})));
        EXPECT_TRUE(filter().*modes[number]);
    }
    EXPECT_FALSE(command(0, 6, bytes({1})));
    EXPECT_FALSE(command(0, 0, ""));
}

TEST_F(VirtioNetControl, SetsTheAddress) {
    start();
    EXPECT_FALSE(command(1, 1, "12345"));
    EXPECT_FALSE(command(1, 1, "1234567"));
    EXPECT_FALSE(command(1, 2, "123456"));
    EXPECT_EQ(card_->mac(), kCardMac);
    EXPECT_TRUE(command(1, 1, "123456"));
    EXPECT_EQ(config(0, 6), "123456");
}

TEST_F(VirtioNetControl, SetsTheTableOfAddresses) {
    start();
    EXPECT_TRUE(command(1, 0, table(2, 1)));
    EXPECT_EQ(filter().unicast,
              (std::vector<MacAddress>{{{2, 0, 0, 0, 0, 0}}, {{2, 0, 0, 0, 0, 1}}}));
    EXPECT_EQ(filter().multicast, (std::vector<MacAddress>{{{3, 0, 0, 0, 0, 0}}}));
    EXPECT_TRUE(command(1, 0, table(0, 0)));
    EXPECT_TRUE(filter().unicast.empty() && filter().multicast.empty());
}

TEST_F(VirtioNetControl, LetsATableRunOver) {
    start();
    const auto state = [this] {
        return std::to_string(filter().unicast.size()) + (filter().unicast_overflow ? "+ " : " ") +
               std::to_string(filter().multicast.size()) + (filter().multicast_overflow ? "+" : "");
    };
    ASSERT_TRUE(command(1, 0, table(64, 0)));
    EXPECT_EQ(state(), "64 0");
    ASSERT_TRUE(command(1, 0, table(65, 64)));
    EXPECT_EQ(state(), "0+ 64");
    ASSERT_TRUE(command(1, 0, table(60, 5)));
    EXPECT_EQ(state(), "60 0+");
    ASSERT_TRUE(command(1, 0, table(1000, 1000)));
    EXPECT_EQ(state(), "0+ 0+");
    ASSERT_TRUE(command(1, 0, table(1, 1)));
    EXPECT_EQ(state(), "1 1");
}

TEST_F(VirtioNetControl, KeepsTheOldTableIfTheNewOneIsBroken) {
    start();
    ASSERT_TRUE(command(1, 0, table(1, 1)));
    const ReceiveFilter before = filter();
    const std::string good = table(2, 2);
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(command(1, 0, good.substr(0, size))) << size;
    }
    EXPECT_FALSE(command(1, 0, good + "x"));
    EXPECT_FALSE(command(1, 0, le(0xffffffffU) + good));
    EXPECT_FALSE(command(1, 0, le(0U) + le(0x2aaaaaabU) + "xx")) << "6 * it is 2 in 32 bits";
    EXPECT_FALSE(command(1, 0, le(0x2aaaaaabU) + "xx" + le(0U)));
    EXPECT_EQ(filter(), before);
}

TEST_F(VirtioNetControl, SetsTags) {
    start_with({ctrl_vlan});
    EXPECT_TRUE(filter().vlans.none());
    EXPECT_TRUE(command(2, 0, le<std::uint16_t>(4095)));
    EXPECT_TRUE(filter().vlans.test(4095));
    EXPECT_TRUE(command(2, 1, le<std::uint16_t>(4095)));
    EXPECT_TRUE(filter().vlans.none());
    EXPECT_FALSE(command(2, 0, le<std::uint16_t>(4096)));
    EXPECT_FALSE(command(2, 0, le<std::uint16_t>(0xffff)));
    EXPECT_FALSE(command(2, 2, le<std::uint16_t>(1)));
    EXPECT_FALSE(command(2, 0, "x"));
}

TEST_F(VirtioNetControl, ReadsNumbersInTheOrderOfTheGuest) {
    make();
    attach();
    transport_->byte_order = ByteOrder::big;
    drive({ctrl_vq, ctrl_vlan});
    EXPECT_TRUE(command(2, 0, bytes({0x01, 0x02})));
    EXPECT_TRUE(filter().vlans.test(0x102));
}

TEST_F(VirtioNetControl, EnablesAndDisablesQueuesInOrder) {
    start_with({mq}, 4);
    EXPECT_TRUE(command(4, 0, le<std::uint16_t>(3)));
    EXPECT_EQ(card_->queue_pairs(), 3U);
    EXPECT_TRUE(command(4, 0, le<std::uint16_t>(3)));
    EXPECT_TRUE(command(4, 0, le<std::uint16_t>(1)));
    EXPECT_EQ(calls_, (Calls{"1: on", "2: on", "1: off", "2: off"}));
}

TEST_F(VirtioNetControl, RefusesQueuesThatItHasNot) {
    start_with({mq}, 2);
    for (const unsigned count : {0U, 3U, 0x8000U, 0x8001U, 0xffffU}) {
        EXPECT_FALSE(command(4, 0, le(static_cast<std::uint16_t>(count)))) << count;
    }
    EXPECT_FALSE(command(4, 0, "\x02"));
    EXPECT_FALSE(command(4, 3, le<std::uint16_t>(2)));
    EXPECT_EQ(calls_, Calls());
}

TEST_F(VirtioNetControl, RefusesQueuesToADriverWithoutMultiqueue) {
    start({version_1, ctrl_vq}, 2);
    EXPECT_FALSE(command(4, 0, le<std::uint16_t>(1)));
}

TEST_F(VirtioNetControl, KeepsTheQueuesItHadWhenTheBackendFails) {
    start_with({mq}, 4);
    backend(2).fake_vnet.refused_enables = 1;
    EXPECT_FALSE(command(4, 0, le<std::uint16_t>(4)));
    EXPECT_EQ(calls_, (Calls{"1: on", "2: on", "1: off"}));
    EXPECT_EQ(card_->queue_pairs(), 1U);
    EXPECT_EQ(log_, (Calls{"card 'nic0': no queue today"}));
    EXPECT_TRUE(command(4, 0, le<std::uint16_t>(4)));
    backend(2).fake_vnet.refused_enables = 1;
    EXPECT_FALSE(command(4, 0, le<std::uint16_t>(1)));
    EXPECT_EQ(card_->queue_pairs(), 4U);
    for (unsigned queue = 0; queue < 4; ++queue) {
        EXPECT_TRUE(backend(queue).fake_vnet.enabled) << queue;
    }
}

TEST_F(VirtioNetControl, SpreadsFlowsOverQueues) {
    start_with({rss}, 4, {.rss = true});
    EXPECT_TRUE(command(4, 1, steering({3, 2, 1, 0xffff}, 3, 2)));
    const ReceiveSteering set = card_->save().steering;
    EXPECT_TRUE(set.enabled && set.redirect && !set.report);
    EXPECT_EQ(set.types, 0x1ffU);
    EXPECT_EQ(set.default_queue, 2);
    EXPECT_EQ(set.table, (std::vector<std::uint16_t>{3, 2, 1, 0xffff}));
    EXPECT_EQ(set.key[39], 'k');
    EXPECT_EQ(card_->queue_pairs(), 3U);
    EXPECT_TRUE(command(4, 1, steering(std::vector<std::uint16_t>(128), 4)));
}

TEST_F(VirtioNetControl, RefusesABrokenTableOfFlowsAndSpreadsNoMore) {
    start_with({rss, mq}, 4, {.rss = true});
    const std::string good = steering({1, 2}, 2);
    std::vector<std::string> broken{
        steering({1, 2, 3}, 2),
        steering(std::vector<std::uint16_t>(256), 2),
        steering({1, 2}, 0),
        steering({1, 2}, 5),
        steering({1, 2}, 2, 4),
        steering({1, 2}, 2, 0, 0x200),
        steering({1, 2}, 2, 0, 1, ""),
        steering({1, 2}, 2, 0, 1, std::string(41, 'k')),
        le(1U) + bytes({0xff, 0xff, 0, 0}) + std::string(1000, '\0'),
    };
    for (std::size_t size = 0; size < good.size(); ++size) {
        broken.push_back(good.substr(0, size));
    }
    for (const std::string& data : broken) {
        ASSERT_TRUE(command(4, 1, good));
        EXPECT_TRUE(card_->save().steering.enabled);
        EXPECT_FALSE(command(4, 1, data)) << data.size();
        EXPECT_FALSE(card_->save().steering.enabled);
        EXPECT_EQ(card_->queue_pairs(), 2U);
    }
    ASSERT_TRUE(command(4, 1, good));
    EXPECT_FALSE(command(4, 0, le<std::uint16_t>(9)));
    EXPECT_FALSE(card_->save().steering.enabled) << "every command of the class does that";
}

TEST_F(VirtioNetControl, SpreadsNoFlowsWithoutTypes) {
    start_with({rss}, 2, {.rss = true});
    EXPECT_TRUE(command(4, 1, steering({0}, 2, 0, 0, "")));
    EXPECT_FALSE(card_->save().steering.enabled);
    EXPECT_EQ(card_->queue_pairs(), 2U);
}

TEST_F(VirtioNetControl, NeedsTheFeaturesOfSteering) {
    start_with({mq}, 2, {.rss = true, .hash = true});
    EXPECT_FALSE(command(4, 1, steering({0}, 1)));
    EXPECT_FALSE(command(4, 2, steering({0}, 0)));
    card_->reset();
    drive(kModern | VirtioFeatures{hash_report});
    EXPECT_FALSE(command(4, 1, steering({0}, 1)));
    EXPECT_TRUE(command(4, 2, steering({0}, 0)));
    const ReceiveSteering set = card_->save().steering;
    EXPECT_TRUE(set.enabled && set.report && !set.redirect);
    EXPECT_EQ(card_->queue_pairs(), 1U);
}

TEST_F(VirtioNetControl, SetsOffloadsThatTheGuestHasTaken) {
    start_with({ctrl_guest_offloads, guest_csum, guest_tso4});
    EXPECT_TRUE(command(5, 0, le(std::uint64_t{1} << 1)));
    EXPECT_EQ(backend().fake_vnet.set, (Offloads{.csum = true}));
    EXPECT_TRUE(command(5, 0, le(std::uint64_t{1} << 1 | std::uint64_t{1} << 61)));
    EXPECT_EQ(calls_.size(), 2U);
    EXPECT_FALSE(command(5, 0, le(std::uint64_t{1} << 8)));
    EXPECT_FALSE(command(5, 0, le(std::uint64_t{1})));
    EXPECT_FALSE(command(5, 0, le(~std::uint64_t{0})));
    EXPECT_FALSE(command(5, 1, le(std::uint64_t{0})));
    EXPECT_FALSE(command(5, 0, std::string(7, '\0')));
    EXPECT_EQ(calls_.size(), 2U);
    EXPECT_EQ(card_->save().guest_offloads, std::uint64_t{1} << 1);
}

TEST_F(VirtioNetControl, RefusesOffloadsToADriverWithoutTheCommand) {
    start_with({guest_csum});
    EXPECT_FALSE(command(5, 0, le(std::uint64_t{0})));
}

TEST_F(VirtioNetControl, RefusesWhatItDoesNotKnow) {
    start();
    for (const unsigned unknown : {6U, 7U, 255U}) {
        EXPECT_FALSE(command(unknown, 0, std::string(64, 'x')));
    }
    EXPECT_TRUE(transport_->broken.empty());
}

TEST_F(VirtioNetControl, ReadsACommandHoweverItIsCut) {
    start();
    std::vector<std::string> pieces;
    for (const char byte : bytes({1, 0}) + table(2, 1)) {
        pieces.push_back({byte});
        pieces.emplace_back();
    }
    control().add(pieces, {0, 0, 3});
    card_->handle_ring(card_->control_ring());
    ASSERT_EQ(control().used.size(), 1U);
    EXPECT_EQ(control().used[0].written, 1U);
    EXPECT_EQ(control().used[0].bytes, bytes({0, 0xee, 0xee}));
    EXPECT_EQ(filter().unicast.size(), 2U);
}

TEST_F(VirtioNetControl, IsBrokenByAnythingThatIsNoCommand) {
    const std::vector<std::pair<std::string, std::vector<std::size_t>>> chains{
        {"", {1}}, {"x", {1}}, {"xx", {}}, {"xx", {0, 0}}};
    for (const auto& [request, room] : chains) {
        start();
        control().add({request}, room);
        card_->handle_ring(card_->control_ring());
        EXPECT_EQ(transport_->broken.size(), 1U);
        EXPECT_TRUE(control().used.empty());
        EXPECT_EQ(control().available(), 1U);
        registry_.remove(*backend_);
        registry_.remove(*card_);
    }
}

TEST_F(VirtioNetControl, LetsOthersHaveTheirTurn) {
    start();
    for (int i = 0; i < 100; ++i) {
        control().add({bytes({0, 0, 1})}, {1});
    }
    card_->handle_ring(card_->control_ring());
    EXPECT_EQ(control().used.size(), 64U);
    EXPECT_EQ(transport_->scheduled, std::vector<unsigned>{card_->control_ring()});
    card_->handle_ring(card_->control_ring());
    EXPECT_EQ(control().used.size(), 100U);
    EXPECT_EQ(transport_->scheduled.size(), 1U);
}

}  // namespace
}  // namespace qnetdev
