// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/tap/tun_kernel.h"

namespace qnetdev::test {

/// A TunKernel, and the hands of everybody else: what no method of it can bring about.
class TunWorld {
public:
    TunWorld() = default;
    TunWorld(const TunWorld&) = delete;
    TunWorld& operator=(const TunWorld&) = delete;
    virtual ~TunWorld() = default;

    virtual TunKernel& kernel() = 0;
    /// An interface that no descriptor holds: a tap or, without kTap, a tun (layer 3) one.
    virtual void add_persistent(const std::string& name, unsigned flags) = 0;
    /// An interface of another driver.
    virtual void add_bridge(const std::string& name) = 0;
    /// The index of a new macvtap; nothing if there cannot be one.
    virtual std::optional<unsigned> add_macvtap(const std::string& name) = 0;
    /// To another network namespace.
    virtual void move_away(const std::string& name) = 0;
    /// Puts a socket filter on the interface behind the queue.
    virtual void attach_filter(int fd) = 0;
    /// Whether the interface takes large TCP segments from its host.
    virtual bool has_tso(const std::string& name) = 0;
    /// Runs `body` without the right to administer the network.
    virtual void without_privilege(const std::function<void()>& body) = 0;
    /// Somebody else than who runs the test; nothing where there is nobody else.
    virtual std::optional<unsigned> another_user() = 0;
};

/// Makes one of the kernels that have to be alike, new for each test.
using TunWorldMaker = std::unique_ptr<TunWorld> (*)();

template <class World>
std::unique_ptr<TunWorld> make_tun_world() {
    return std::make_unique<World>();
}

inline constexpr unsigned kPlain = tun_flags::kTap | tun_flags::kNoPacketInfo;
inline constexpr unsigned kMulti = kPlain | tun_flags::kMultiQueue;

/// What every kernel knows; big endian headers are a matter of its configuration.
inline constexpr std::array kKnownTunShared{TunShared::steering,      TunShared::filter_program,
                                            TunShared::socket_filter, TunShared::address_filter,
                                            TunShared::carrier,       TunShared::sndbuf,
                                            TunShared::vnet_le};

template <class T>
std::string said(const Result<T>& result) {
    return result ? "ok" : result.error().message();
}

/// What the tap code relies on, run on the real driver (suite netns) and on FakeTun (suite unit),
/// so that tests on the fake say something about the real one. A seam's contract belongs here
/// whole: what differs between kernels is left out, not told apart.
class TunKernelContract : public ::testing::TestWithParam<TunWorldMaker> {
protected:
    TunKernel& kernel() { return world_->kernel(); }
    TunWorld& world() { return *world_; }

    /// A new descriptor without interface.
    UniqueFd open();
    /// A queue; fails the test if there cannot be one.
    UniqueFd queue(const std::string& name, unsigned flags);
    /// How TUNSETIFF ends on a new descriptor, which is kept: "ok", or the message.
    std::string try_attach(const std::string& name, unsigned flags);
    /// Flags that TUNGETIFF tells, besides those of every queue here.
    unsigned extra_flags(int fd);
    LinkInfo link(const std::string& name);
    bool exists(const std::string& name);

    std::vector<UniqueFd> kept_ = {};

private:
    std::unique_ptr<TunWorld> world_ = GetParam()();
};

}  // namespace qnetdev::test
