// SPDX-License-Identifier: MIT
#include "net/monitor/commands/announcer.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "net/client/net_context_internals.h"
#include "tests/support/fake_client.h"
#include "tests/support/fake_tun.h"

namespace qnetdev {
namespace {

using std::chrono::milliseconds;

/// A loop whose clock is turned by hand. It watches nothing.
class ManualLoop : public EventLoop {
public:
    Result<Token> add_fd(int, unsigned, FdCallback) override { return Token{0}; }
    Result<void> modify_fd(Token, unsigned) override { return {}; }
    void remove_fd(Token) noexcept override {}
    Token add_timer(milliseconds delay, TimerCallback callback) override {
        timers_[++last_] = {now_ + delay, std::move(callback)};
        return last_;
    }
    void remove_timer(Token token) noexcept override { timers_.erase(token); }

    /// Goes on to the next timer and calls it; how far that was, or -1 if there is none.
    std::int64_t next() {
        auto first = timers_.end();
        for (auto timer = timers_.begin(); timer != timers_.end(); ++timer) {
            if (first == timers_.end() || timer->second.due < first->second.due) {
                first = timer;
            }
        }
        if (first == timers_.end()) {
            return -1;
        }
        const milliseconds waited = first->second.due - now_;
        now_ = first->second.due;
        const TimerCallback callback = std::move(first->second.callback);
        timers_.erase(first);
        callback();
        return waited.count();
    }

private:
    struct Pending {
        milliseconds due = {};
        TimerCallback callback = {};
    };
    std::map<Token, Pending> timers_ = {};
    Token last_ = 0;
    milliseconds now_{0};
};

/// A card's queue that writes its name when it announces itself.
class Card : public NetClientState {
public:
    Card(const std::string& name, std::string& diary)
        : NetClientState(name, "card"), diary_(diary) {}
    std::string_view driver() const override { return "card"; }
    Delivery receive(Frame) override { return Delivery::done; }
    void announce() override { diary_ += name(); }

private:
    std::string& diary_;
};

class AnnouncerTest : public ::testing::Test {
protected:
    void add(const std::string& id, NetClientGroup::Kind kind, std::size_t queues = 1) {
        auto group = std::make_unique<NetClientGroup>(id, kind);
        for (std::size_t queue = 0; queue < queues; ++queue) {
            group->add(std::make_unique<Card>(id, diary_));
        }
        context_.registry().insert(std::move(group));
    }

    qapi::AnnounceParameters parameters(std::int64_t rounds) {
        qapi::AnnounceParameters made;
        made.initial = 50;
        made.max = 200;
        made.rounds = rounds;
        made.step = 100;
        return made;
    }

    ManualLoop loop_;
    test::FakeTun tun_;
    NetContext context_{internals_on(loop_, tun_)};
    std::string diary_;
    Announcer announcer_{context_};
};

TEST_F(AnnouncerTest, CardsAnnounceWithTheirFirstQueue) {
    add("a", NetClientGroup::Kind::nic, 2);
    add("n", NetClientGroup::Kind::netdev);
    add("b", NetClientGroup::Kind::nic);
    ASSERT_TRUE(announcer_.start(parameters(1)));
    EXPECT_EQ(diary_, "ab");
    EXPECT_EQ(loop_.next(), -1) << "one round is over at once";
}

TEST_F(AnnouncerTest, WaitsLongerEachTimeUpToTheLongest) {
    add("a", NetClientGroup::Kind::nic);
    ASSERT_TRUE(announcer_.start(parameters(5)));
    for (const std::int64_t delay : {50, 150, 200, 200}) {
        EXPECT_EQ(loop_.next(), delay);
    }
    EXPECT_EQ(loop_.next(), -1);
    EXPECT_EQ(diary_, "aaaaa");
}

TEST_F(AnnouncerTest, OnlyTheNamedCardsAreMeant) {
    add("a", NetClientGroup::Kind::nic);
    add("b", NetClientGroup::Kind::nic);
    qapi::AnnounceParameters named = parameters(1);
    named.interfaces = std::vector<std::string>{"b", "x"};
    ASSERT_TRUE(announcer_.start(named));
    EXPECT_EQ(diary_, "b");
}

TEST_F(AnnouncerTest, TheSameIdStartsAgainAndAnotherOneDoesNotDisturb) {
    add("a", NetClientGroup::Kind::nic);
    ASSERT_TRUE(announcer_.start(parameters(2)));
    ASSERT_TRUE(announcer_.start(parameters(3)));
    EXPECT_EQ(diary_, "aa") << "both at once";
    qapi::AnnounceParameters other = parameters(2);
    other.id = "other";
    ASSERT_TRUE(announcer_.start(other));
    diary_.clear();
    while (loop_.next() >= 0) {
    }
    EXPECT_EQ(diary_, "aaa") << "two of the second, one of the other; the first is forgotten";
}

TEST_F(AnnouncerTest, NoRoundsEndIt) {
    add("a", NetClientGroup::Kind::nic);
    ASSERT_TRUE(announcer_.start(parameters(9)));
    ASSERT_TRUE(announcer_.start(parameters(0)));
    EXPECT_EQ(diary_, "a");
    EXPECT_EQ(loop_.next(), -1);
}

TEST_F(AnnouncerTest, RefusesWhatIsOutOfRange) {
    add("a", NetClientGroup::Kind::nic);
    qapi::AnnounceParameters bad = parameters(1);
    bad.step = -1;
    EXPECT_EQ(announcer_.start(bad).error().message(), "'step' must be 0 to 100000, not -1");
    bad = parameters(1);
    bad.max = 100'001;
    EXPECT_EQ(announcer_.start(bad).error().param(), "max");
    EXPECT_EQ(announcer_.start(parameters(-1)).error().param(), "rounds");
    EXPECT_EQ(diary_, "");
}

}  // namespace
}  // namespace qnetdev
