// SPDX-License-Identifier: MIT
#include "net/net_client_init.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <optional>

#include "net/client/net_context_internals.h"
#include "tests/support/tap_fixture.h"

namespace qnetdev {
namespace {

class NetClientInitAsync : public test::TapFixture {
protected:
    void start(const std::string& id, qapi::NetdevTapOptions tap) {
        net_client_init_async(context_, netdev(id, std::move(tap)),
                              {.origin = NetdevOrigin::monitor, .fds = &fds_},
                              [this](Result<NetClientGroup*> outcome) { outcome_ = outcome; });
    }

    std::optional<Result<NetClientGroup*>> outcome_ = {};
};

TEST_F(NetClientInitAsync, IsDoneAtOnceWithoutAnythingToWaitFor) {
    start("n0", quiet("t0"));
    ASSERT_TRUE(outcome_);
    ASSERT_TRUE(*outcome_);
    EXPECT_EQ(context_.registry().find_backend("n0"), **outcome_);
}

TEST_F(NetClientInitAsync, RefusesATakenIdAtOnce) {
    start("n0", quiet("t0"));
    qapi::NetdevTapOptions many = quiet("t1");
    many.queues = 200;
    start("n0", many);
    ASSERT_TRUE(outcome_);
    ASSERT_FALSE(*outcome_);
    EXPECT_EQ(outcome_->error().message(), "'id' n0 is in use by another netdev");
}

TEST_F(NetClientInitAsync, ManyQueuesAreOpenedOnAThread) {
    qapi::NetdevTapOptions many = quiet("t0");
    many.queues = 200;
    start("n0", many);
    EXPECT_FALSE(outcome_) << "not yet";
    EXPECT_TRUE(context_.internals().starting().contains("n0"));
    EXPECT_EQ(check_id_is_free(context_, "n0").error().message(),
              "'id' n0 is in use by another netdev");
    EXPECT_EQ(net_client_del(context_, "n0").error().message(),
              "netdev 'n0' is still being set up");
    ASSERT_TRUE(loop_.run_until([this] { return outcome_.has_value(); }));
    EXPECT_TRUE(*outcome_);
    EXPECT_TRUE(context_.internals().starting().empty());
    EXPECT_EQ(group("n0").size(), 200U);
}

TEST_F(NetClientInitAsync, AFailureOnAThreadLeavesNothing) {
    qapi::NetdevTapOptions many = quiet("t0");
    many.queues = 200;
    tun_.fail(test::TunCall::set_iff, 150, EBUSY);
    start("n0", many);
    ASSERT_TRUE(loop_.run_until([this] { return outcome_.has_value(); }));
    EXPECT_FALSE(*outcome_);
    EXPECT_TRUE(context_.internals().starting().empty());
    EXPECT_TRUE(check_id_is_free(context_, "n0"));
    context_.internals().reaper().wait_all();
    EXPECT_EQ(tun_.interface_count(), 0U);
}

TEST_F(NetClientInitAsync, WhatIsDoneTooLateIsUndone) {
    // The context goes with the fixture while a thread still works, or has just finished.
    qapi::NetdevTapOptions many = quiet("t0");
    many.queues = 200;
    start("n0", many);
    EXPECT_FALSE(outcome_);
}

}  // namespace
}  // namespace qnetdev
