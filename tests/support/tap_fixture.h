// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "net/base/fd_reaper.h"
#include "net/client/net_context_internals.h"
#include "net/fd_store.h"
#include "net/netdev.h"
#include "net/tap/tap_client.h"
#include "tests/support/fake_client.h"
#include "tests/support/fake_tun.h"
#include "tests/support/fake_vhost.h"
#include "tests/support/test_loop.h"

namespace qnetdev::test {

/// Log lines as "<level>: <message>", from any thread.
class LogLines {
public:
    Log log() {
        return Log([this](LogLevel level, std::string_view message) {
            const std::lock_guard lock(mutex_);
            lines_.push_back(std::string(log_level_name(level)) + ": " + std::string(message));
        });
    }
    std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_ = {};
};

/// A context on a FakeTun, and what tests of taps do with it.
class TapFixture : public ::testing::Test {
protected:
    explicit TapFixture(NetContextOptions options = {})
        : context_(internals_on(loop_.loop(), tun_, with_log(std::move(options)), &vhost_)) {}

    /// Options that run no script, which tests start from.
    static qapi::NetdevTapOptions quiet(const std::string& ifname = {}) {
        qapi::NetdevTapOptions tap;
        if (!ifname.empty()) {
            tap.ifname = ifname;
        }
        tap.script = "no";
        tap.downscript = "no";
        return tap;
    }
    static qapi::Netdev netdev(const std::string& id, qapi::NetdevTapOptions tap) {
        return {.id = id, .branch = std::move(tap)};
    }

    Result<void> add(const std::string& id, qapi::NetdevTapOptions tap,
                     NetdevOrigin origin = NetdevOrigin::command_line) {
        const bool named = origin == NetdevOrigin::monitor;
        return net_client_init(context_, netdev(id, std::move(tap)),
                               {.origin = origin, .fds = named ? &fds_ : nullptr});
    }
    /// The error that add() has to end in; what was built is gone again.
    Error refusal(qapi::NetdevTapOptions tap, NetdevOrigin origin = NetdevOrigin::command_line) {
        Result<void> outcome = add("refused", std::move(tap), origin);
        context_.internals().reaper().wait_all();
        if (outcome) {
            ADD_FAILURE() << "was accepted";
            return Error("was accepted");
        }
        EXPECT_EQ(context_.registry().find_backend("refused"), nullptr);
        return std::move(outcome).error();
    }
    NetClientGroup& group(const std::string& id) { return *context_.registry().find_backend(id); }
    TapClient& tap(const std::string& id, std::size_t queue = 0) {
        return static_cast<TapClient&>(group(id).client(queue));
    }
    /// A NIC of FakeClients on every queue of the netdev.
    NetClientGroup& attach_nic(const std::string& netdev_id) {
        Result<NetClientGroup*> nic = net_nic_attach(
            context_,
            fake_group("nic-" + netdev_id, NetClientGroup::Kind::nic, group(netdev_id).size()),
            netdev_id);
        EXPECT_TRUE(nic) << nic.error().message();
        return **nic;
    }
    void remove(const std::string& id) {
        EXPECT_TRUE(net_client_del(context_, id));
        context_.internals().reaper().wait_all();
    }

    LogLines log_;
    TestLoop loop_;
    FakeTun tun_;
    FakeVhost vhost_;
    NamedFds fds_;
    NetContext context_;

private:
    NetContextOptions with_log(NetContextOptions options) {
        options.log = log_.log();
        return options;
    }
};

}  // namespace qnetdev::test
