// SPDX-License-Identifier: MIT
/// The real vhost-net under the contract that FakeVhost has to keep as well.
#include <sched.h>

#include "net/tap/tun_kernel.h"
#include "tests/netns/support.h"
#include "tests/support/vhost_kernel_contract.h"

namespace qnetdev::test {
namespace {

/// A network namespace of its own for the thread.
class RealVhostWorld : public VhostWorld {
public:
    RealVhostWorld() { require(unshare(CLONE_NEWNET) == 0, "unshare"); }

    VhostKernel& kernel() override { return system_vhost_kernel(); }

    UniqueFd make_tap() override {
        Result<UniqueFd> fd = system_tun_kernel().open_tun();
        require(fd.has_value(), "open");
        require(system_tun_kernel()
                    .set_iff(fd->get(), "tap%d",
                             tun_flags::kTap | tun_flags::kNoPacketInfo | tun_flags::kVnetHdr)
                    .has_value(),
                "TUNSETIFF");
        return *std::move(fd);
    }

    std::string in_child(const std::function<std::string()>& body) override {
        return test::in_child(body);
    }
};

INSTANTIATE_TEST_SUITE_P(, VhostKernelContract, ::testing::Values(make_vhost_world<RealVhostWorld>),
                         [](const auto&) { return "Linux"; });

}  // namespace
}  // namespace qnetdev::test
