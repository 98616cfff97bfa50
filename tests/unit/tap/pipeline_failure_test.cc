// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "net/client/net_context_internals.h"
#include "tests/support/leak_listener.h"
#include "tests/support/tap_fixture.h"

/// Every call of a bring-up fails in turn: the error names the call, and nothing is left.
namespace qnetdev {
namespace {

using test::FakeTun;
using test::TunCall;

constexpr unsigned kQueues = 8;

/// The kind of a call, and how many of that kind there were before and with it.
struct Step {
    TunCall call;
    unsigned nth;
};

std::vector<Step> steps_of(const std::vector<FakeTun::Call>& calls) {
    std::vector<Step> steps;
    std::map<TunCall, unsigned> seen;
    for (const FakeTun::Call& call : calls) {
        steps.push_back({call.call, ++seen[call.call]});
    }
    return steps;
}

class PipelineFailure : public test::TapFixture {
protected:
    /// The calls that a successful bring-up makes; it is removed again.
    std::vector<Step> rehearse(const qapi::NetdevTapOptions& options) {
        tun_.clear_calls();
        Result<void> outcome = add("n0", options);
        EXPECT_TRUE(outcome) << outcome.error().message();
        const std::vector<Step> steps = steps_of(tun_.calls());
        if (outcome) {
            remove("n0");
        }
        EXPECT_EQ(tun_.interface_count(), interfaces_before_);
        return steps;
    }

    void fail_at(const Step& step, const qapi::NetdevTapOptions& options) {
        const std::string name(test::tun_call_name(step.call));
        SCOPED_TRACE(name + " number " + std::to_string(step.nth));
        const std::map<int, std::string> before = test::open_fds();
        tun_.fail(step.call, step.nth, EIO);
        const Error error = refusal(options);
        EXPECT_NE(error.message().find(name), std::string::npos) << error.message();
        EXPECT_TRUE(error.message().ends_with(": Input/output error")) << error.message();
        EXPECT_EQ(error.stage(), Stage::host);
        EXPECT_TRUE(context_.registry().groups().empty());
        EXPECT_EQ(tun_.interface_count(), interfaces_before_);
        EXPECT_EQ(test::open_fds(), before);
        EXPECT_EQ(loop_.run_pending(), 0);
    }

    std::size_t interfaces_before_ = 0;
};

TEST_F(PipelineFailure, OfEveryCallByNameLeavesNothing) {
    qapi::NetdevTapOptions options = quiet("t0");
    options.queues = kQueues;
    options.sndbuf = 100000;
    const std::vector<Step> steps = rehearse(options);
    // Open, TUNSETIFF and TUNSETSNDBUF for each queue; features, owner, a look at who uses it, what
    // such a one may have left, offloads and header once.
    EXPECT_EQ(steps.size(), 3U * kQueues + 5U + kAllTunShared.size());
    for (const Step& step : steps) {
        fail_at(step, options);
    }
    EXPECT_TRUE(add("n0", options));  // the same context still works
}

/// Queues that another program opened, blocking and inheritable, and passed by number.
class PipelineFdsFailure : public PipelineFailure {
protected:
    PipelineFdsFailure() {
        std::string list;
        for (unsigned i = 0; i < kQueues; ++i) {
            queues_.push_back(tun_.open_queue("t0", tun_flags::kVnetHdr | tun_flags::kMultiQueue));
            fcntl(queues_.back().get(), F_SETFD, 0);
            list += std::to_string(queues_.back().get()) + ":";
        }
        options_.fds = list;
        options_.sndbuf = 100000;
        interfaces_before_ = 1;
    }
    void expect_as_they_were() const {
        for (const UniqueFd& queue : queues_) {
            EXPECT_EQ(fcntl(queue.get(), F_GETFL) & O_NONBLOCK, 0) << queue.get();
            EXPECT_EQ(fcntl(queue.get(), F_GETFD), 0) << queue.get();
            EXPECT_TRUE(context_.internals().check_unclaimed(queue.get()));
        }
    }

    std::vector<UniqueFd> queues_ = {};
    qapi::NetdevTapOptions options_ = {};
};

TEST_F(PipelineFdsFailure, OfEveryCallGivesTheDescriptorsBackAsTheyWere) {
    std::vector<Step> steps;
    for (unsigned nth = 1; nth <= kQueues; ++nth) {
        steps.push_back({TunCall::get_iff, nth});
        steps.push_back({TunCall::set_sndbuf, nth});
    }
    steps.push_back({TunCall::set_offload, 1});
    steps.push_back({TunCall::set_vnet_hdr_size, 1});
    for (const Step& step : steps) {
        fail_at(step, options_);
        expect_as_they_were();
    }
    tun_.clear_calls();
    ASSERT_TRUE(add("n0", options_));
    // No call was forgotten above; asking for the header length or the interface may fail.
    EXPECT_EQ(tun_.calls().size() - tun_.count(TunCall::get_vnet_hdr_size) -
                  tun_.count(TunCall::get_link),
              steps.size());
    for (UniqueFd& queue : queues_) {
        (void)queue.release();  // adopted
    }
}

TEST_F(PipelineFdsFailure, KeepsADescriptorNonblockingThatWasSo) {
    fcntl(queues_[0].get(), F_SETFL, O_RDWR | O_NONBLOCK);
    fcntl(queues_[0].get(), F_SETFD, FD_CLOEXEC);
    tun_.fail(TunCall::get_iff, kQueues, EIO);
    (void)refusal(options_);
    EXPECT_NE(fcntl(queues_[0].get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(fcntl(queues_[0].get(), F_GETFD), FD_CLOEXEC);
}

/// A loop that is out of memory for the nth watch.
class TightLoop : public EventLoop {
public:
    TightLoop(EventLoop& loop, int room) : loop_(loop), room_(room) {}

    Result<Token> add_fd(int fd, unsigned events, FdCallback callback) override {
        if (room_-- == 0) {
            return Error::from_errno(ENOSPC, "cannot watch descriptor " + std::to_string(fd));
        }
        return loop_.add_fd(fd, events, std::move(callback));
    }
    Result<void> modify_fd(Token token, unsigned events) override {
        return loop_.modify_fd(token, events);
    }
    void remove_fd(Token token) noexcept override { loop_.remove_fd(token); }
    Token add_timer(std::chrono::milliseconds delay, TimerCallback callback) override {
        return loop_.add_timer(delay, std::move(callback));
    }
    void remove_timer(Token token) noexcept override { loop_.remove_timer(token); }

private:
    EventLoop& loop_;
    int room_;
};

TEST_F(PipelineFdsFailure, OfTheLastStepGivesTheDescriptorsBackToo) {
    TightLoop tight(loop_.loop(), kQueues - 1);
    NetContext context(internals_on(tight, tun_));
    Result<void> outcome = net_client_init(context, netdev("n0", options_));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "cannot watch descriptor " +
                                             std::to_string(queues_.back().get()) +
                                             ": No space left on device");
    EXPECT_TRUE(context.registry().groups().empty());
    expect_as_they_were();
    EXPECT_EQ(loop_.run_pending(), 0);
}

}  // namespace
}  // namespace qnetdev
