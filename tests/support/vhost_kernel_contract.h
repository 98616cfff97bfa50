// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "net/vhost/vhost_kernel.h"

namespace qnetdev::test {

/// A VhostKernel, and what no method of it can bring about.
class VhostWorld {
public:
    VhostWorld() = default;
    VhostWorld(const VhostWorld&) = delete;
    VhostWorld& operator=(const VhostWorld&) = delete;
    virtual ~VhostWorld() = default;

    virtual VhostKernel& kernel() = 0;
    /// A queue of a tap with a virtio-net header.
    virtual UniqueFd make_tap() = 0;
    /// What `body` says in a child of this process.
    virtual std::string in_child(const std::function<std::string()>& body) = 0;
};

/// Makes one of the kernels that have to be alike, new for each test.
using VhostWorldMaker = std::unique_ptr<VhostWorld> (*)();

template <class World>
std::unique_ptr<VhostWorld> make_vhost_world() {
    return std::make_unique<World>();
}

/// What the vhost code relies on, run on FakeVhost (suite unit) and in a guest on the real one
/// (suite guest). What differs between kernels is left out, not told apart.
class VhostKernelContract : public ::testing::TestWithParam<VhostWorldMaker> {
protected:
    VhostKernel& kernel() { return world_->kernel(); }
    VhostWorld& world() { return *world_; }

    /// A device; fails the test if there cannot be one.
    UniqueFd open();
    /// The same, owned.
    UniqueFd own();
    /// An owned one, each of whose rings could be attached: with memory, sizes and addresses.
    UniqueFd ready();

private:
    std::unique_ptr<VhostWorld> world_ = GetParam()();
    alignas(4096) std::array<std::byte, 16384> memory_ = {};
};

}  // namespace qnetdev::test
