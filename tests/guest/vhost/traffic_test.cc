// SPDX-License-Identifier: MIT
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

#include "net/tap.h"
#include "tests/guest/vhost/vhost_guest.h"
#include "tests/guest/vhost/wire.h"

namespace qnetdev::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Frames each way; VHOST_FRAMES in the environment says how many.
std::uint64_t frames_wanted() {
    const char* text = std::getenv("VHOST_FRAMES");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 5'000;
}

/// Traffic between the rings of all queues and a packet socket in another namespace.
class VhostTraffic : public VhostGuest {
protected:
    /// Frames on their way in one direction: fewer than any queue on it holds, so that a frame that
    /// does not come is lost, and not dropped for want of room.
    static constexpr std::uint64_t kWindow = 400;

    void bring_up_with_wire(unsigned queues) {
        bring_up(queues);
        wire_ = std::make_unique<Wire>("t0");
        from_queue_.assign(queues, 0);
    }

    /// One round; whether anything has moved.
    bool move(std::uint64_t until) {
        const std::uint64_t before =
            to_host_.taken() + to_guest_.taken() + guest_sent_ + host_sent_;
        const auto room = [&](std::uint64_t sent, const Tally& tally, std::uint64_t forgiven) {
            return std::min(kWindow - std::min(kWindow, sent - tally.taken() - forgiven),
                            until - std::min(until, sent));
        };
        std::uint64_t more = room(guest_sent_, to_host_, lost_to_host_);
        for (; more > 0; --more, ++guest_sent_) {
            const FrameBytes frame = make_frame(guest_sent_);
            if (!rings_[guest_sent_ % senders_]->transmit(frame)) {
                break;
            }
        }
        more = host_sends_ ? room(host_sent_, to_guest_, lost_to_guest_) : 0;
        if (more > 0) {
            host_sent_ += wire_->send(host_sent_, static_cast<unsigned>(more));
        }
        for (std::size_t queue = 0; queue < rings_.size(); ++queue) {
            from_queue_[queue] += rings_[queue]->receive(
                [&](std::span<const std::byte> frame) { to_guest_.take(frame); });
            rings_[queue]->kick();
        }
        (void)wire_->receive([&](std::span<const std::byte> frame) { to_host_.take(frame); });
        return to_host_.taken() + to_guest_.taken() + guest_sent_ + host_sent_ != before;
    }

    /// Until all of the first `until` frames that are not forgiven have come; false if nothing has
    /// moved for a long time.
    bool pump(std::uint64_t until) {
        const auto done = [&] {
            return to_host_.taken() + lost_to_host_ >= until &&
                   (!host_sends_ || to_guest_.taken() + lost_to_guest_ >= until);
        };
        auto last = Clock::now();
        while (!done()) {
            if (move(until)) {
                last = Clock::now();
            } else if (Clock::now() - last > std::chrono::seconds(10)) {
                return false;
            } else {
                wait();
            }
        }
        return true;
    }

    /// Until nothing comes any more.
    void drain() {
        auto last = Clock::now();
        while (Clock::now() - last < std::chrono::milliseconds(200)) {
            if (move(0)) {
                last = Clock::now();
            } else {
                wait();
            }
        }
    }

    void wait() {
        for (const auto& rings : rings_) {
            rings->want_calls(true);
        }
        std::vector<pollfd> entries{{wire_->fd(), POLLIN, 0}};
        for (const auto& rings : rings_) {
            entries.push_back({rings->call_fd(kVhostReceive), POLLIN, 0});
        }
        (void)poll(entries.data(), entries.size(), 2);
        for (const auto& rings : rings_) {
            rings->want_calls(false);
            std::uint64_t count = 0;
            (void)!read(rings->call_fd(kVhostReceive), &count, sizeof count);
        }
    }

    void expect_unharmed(const Tally& tally, const char* direction) {
        EXPECT_EQ(tally.altered(), 0U) << direction;
        EXPECT_EQ(tally.doubled(), 0U) << direction;
    }

    std::unique_ptr<Wire> wire_ = {};
    const std::uint64_t wanted_ = frames_wanted();
    Tally to_host_{wanted_};
    Tally to_guest_{wanted_};
    std::uint64_t guest_sent_ = 0;
    std::uint64_t host_sent_ = 0;
    std::uint64_t lost_to_host_ = 0;  ///< As it is to be expected.
    std::uint64_t lost_to_guest_ = 0;
    std::size_t senders_ = 1;
    bool host_sends_ = true;
    std::vector<std::uint64_t> from_queue_ = {};
};

TEST_F(VhostTraffic, PassesEveryFrameOfTwoQueuesAlsoAcrossAStop) {
    bring_up_with_wire(2);
    senders_ = 2;
    ASSERT_EQ(outcome(start()), "ok");
    ASSERT_TRUE(pump(wanted_ / 3)) << to_host_.taken() << " " << to_guest_.taken();
    // In the middle of it: frames are on their way in both directions.
    for (int round = 0; round < 20; ++round) {
        (void)move(wanted_);
    }
    stop();
    EXPECT_FALSE(pairs_[0]->is_running());
    ASSERT_EQ(outcome(start()), "ok");
    EXPECT_TRUE(pump(wanted_));
    EXPECT_EQ(to_host_.missing(), 0U);
    EXPECT_EQ(to_guest_.missing(), 0U);
    expect_unharmed(to_host_, "to the host");
    expect_unharmed(to_guest_, "to the guest");
    EXPECT_GT(from_queue_[0], 0U);
    EXPECT_GT(from_queue_[1], 0U);
    stop();
    // Past vhost nothing has gone: the netdev has counted no frame.
    EXPECT_EQ(client(0).counters().rx_packets + client(1).counters().rx_packets, 0U);
}

TEST_F(VhostTraffic, GoesOnWhileAQueueIsDetachedAndAttachedAgain) {
    bring_up_with_wire(2);
    senders_ = 2;
    ASSERT_EQ(outcome(start()), "ok");
    ASSERT_TRUE(pump(wanted_ / 4));
    for (int round = 0; round < 20; ++round) {
        (void)move(wanted_);
    }
    ASSERT_EQ(outcome(tap_disable(client(1))), "ok");
    EXPECT_TRUE(pairs_[1]->is_running());
    drain();
    // What waited in the queue is gone with it; nothing else.
    lost_to_guest_ = host_sent_ - to_guest_.taken();
    EXPECT_LE(lost_to_guest_, kWindow);
    EXPECT_EQ(guest_sent_, to_host_.taken());
    const std::uint64_t before = from_queue_[1];
    senders_ = 1;
    ASSERT_TRUE(pump(wanted_ / 2));
    EXPECT_EQ(from_queue_[1], before);
    ASSERT_EQ(outcome(tap_enable(client(1))), "ok");
    senders_ = 2;
    EXPECT_TRUE(pump(wanted_));
    EXPECT_GT(from_queue_[1], before);
    EXPECT_EQ(to_host_.missing(), 0U);
    EXPECT_EQ(to_guest_.missing(), lost_to_guest_);
    expect_unharmed(to_host_, "to the host");
    expect_unharmed(to_guest_, "to the guest");
    stop();
}

TEST_F(VhostTraffic, ReachesATapWithoutAHeader) {
    Tap tap = wish(1);
    tap.vnet_hdr = false;
    ASSERT_EQ(outcome(init(tap)), "ok");
    pairs_ = {client().vnet().vhost()};
    rings_.push_back(std::make_unique<GuestRings>(0));
    memory_ = {rings_[0]->memory()};
    from_queue_ = {0};
    wire_ = std::make_unique<Wire>("t0");
    ASSERT_EQ(outcome(start()), "ok");
    EXPECT_TRUE(pump(1000));
    expect_unharmed(to_host_, "to the host");
    expect_unharmed(to_guest_, "to the guest");
    stop();
}

TEST_F(VhostTraffic, InterruptsThroughWhoeverListens) {
    bring_up_with_wire(1);
    ASSERT_EQ(outcome(start()), "ok");
    rings_[0]->want_calls(true);
    rings_[0]->kick();
    const auto interrupts = [&](int fd) {
        (void)wire_->send(0, 1);
        pollfd entry = {fd, POLLIN, 0};
        return poll(&entry, 1, 2000) == 1;
    };
    EXPECT_TRUE(interrupts(rings_[0]->call_fd(kVhostReceive)));
    ASSERT_EQ(outcome(pairs_[0]->set_call(kVhostReceive, -1)), "ok");
    (void)wire_->send(1, 1);
    bool kept = false;
    for (int round = 0; round < 200 && !kept; ++round) {
        (void)poll(nullptr, 0, 10);
        kept = pairs_[0]->take_masked_call(kVhostReceive);
    }
    EXPECT_TRUE(kept);
    stop();
}

TEST_F(VhostTraffic, TellsOfARingThatIsMalformed) {
    bring_up_with_wire(1);
    ASSERT_EQ(outcome(start()), "ok");
    rings_[0]->transmit_nonsense();
    rings_[0]->kick();
    const std::vector<std::string> expected{
        "netdev 'n0': vhost-net has given up the guest's transmit ring of queue 0, which is "
        "malformed"};
    EXPECT_TRUE(loop().run_until([&] { return warnings() == expected; }));
    stop();
}

TEST_F(VhostTraffic, LogsWhereItWrites) {
    bring_up_with_wire(1);
    host_sends_ = true;
    std::vector<std::byte> log(std::size_t{1} << 16);
    ASSERT_EQ(outcome(start()), "ok");
    ASSERT_TRUE(pump(100));
    const auto pages = [&] {
        return std::count_if(log.begin(), log.end(), [](std::byte b) { return b != std::byte{0}; });
    };
    EXPECT_EQ(pages(), 0);
    ASSERT_EQ(outcome(vhost_net_set_log(pairs_, log.data())), "ok");
    ASSERT_TRUE(pump(400));
    EXPECT_GT(pages(), 0);
    ASSERT_EQ(outcome(vhost_net_set_log(pairs_, nullptr)), "ok");
    (void)drain();
    std::fill(log.begin(), log.end(), std::byte{0});
    ASSERT_TRUE(pump(600));
    EXPECT_EQ(pages(), 0);
    stop();
}

TEST_F(VhostTraffic, ResetsOneRing) {
    bring_up_with_wire(1);
    ASSERT_EQ(outcome(start()), "ok");
    ASSERT_TRUE(pump(200));
    const Result<std::optional<std::uint16_t>> next = pairs_[0]->stop_ring(kVhostTransmit);
    ASSERT_TRUE(next);
    VhostRing again = rings_[0]->rings()[kVhostTransmit];
    again.next_available = **next;
    ASSERT_EQ(outcome(pairs_[0]->start_ring(kVhostTransmit, again)), "ok");
    EXPECT_TRUE(pump(400));
    expect_unharmed(to_host_, "to the host");
    stop();
}

}  // namespace
}  // namespace qnetdev::test
