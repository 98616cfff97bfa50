// SPDX-License-Identifier: MIT
/// The real tun driver under the contract that FakeTun has to keep as well.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "tests/netns/support.h"
#include "tests/support/tun_kernel_contract.h"

namespace qnetdev::test {
namespace {

using CapabilitySets = std::array<__user_cap_data_struct, 2>;

void set_capabilities(const CapabilitySets& sets) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    require(syscall(SYS_capset, &header, sets.data()) == 0, "capset");
}

CapabilitySets get_capabilities() {
    CapabilitySets sets{};
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    require(syscall(SYS_capget, &header, sets.data()) == 0, "capget");
    return sets;
}

UniqueFd our_namespace() {
    return UniqueFd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

/// A network namespace of its own for the thread.
class RealTunWorld : public TunWorld {
public:
    RealTunWorld() { require(unshare(CLONE_NEWNET) == 0, "unshare"); }

    TunKernel& kernel() override { return system_tun_kernel(); }

    void add_persistent(const std::string& name, unsigned flags) override {
        const unsigned mode = (flags & IFF_TAP) != 0 ? 0 : IFF_TUN;
        const UniqueFd fd = open_tun(name, flags | mode);
        require(ioctl(fd.get(), TUNSETPERSIST, 1UL) == 0, "TUNSETPERSIST");
    }

    void add_bridge(const std::string& name) override { bridges_.emplace_back(new Bridge(name)); }

    std::optional<unsigned> add_macvtap(const std::string& name) override {
        macvtap_ = std::make_unique<Macvtap>(name);
        return macvtap_->exists() ? std::optional(find(name)->index) : std::nullopt;
    }

    void move_away(const std::string& name) override {
        const UniqueFd ours = our_namespace();
        require(unshare(CLONE_NEWNET) == 0, "unshare");
        elsewhere_ = our_namespace();
        require(setns(ours.get(), CLONE_NEWNET) == 0, "setns");
        move_link(name, elsewhere_.get());
    }

    void attach_filter(int fd) override {
        sock_filter take_all = BPF_STMT(BPF_RET | BPF_K, 0xffffffff);
        sock_fprog program = {1, &take_all};
        require(ioctl(fd, TUNATTACHFILTER, &program) == 0, "TUNATTACHFILTER");
    }

    bool has_tso(const std::string& name) override {
        const UniqueFd control(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        struct ethtool_value answer = {ETHTOOL_GTSO, 0};
        ifreq request = {};
        std::snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name.c_str());
        request.ifr_data = reinterpret_cast<char*>(&answer);
        require(ioctl(control.get(), SIOCETHTOOL, &request) == 0, "SIOCETHTOOL");
        return answer.data != 0;
    }

    void without_privilege(const std::function<void()>& body) override {
        const CapabilitySets before = get_capabilities();
        CapabilitySets lowered = before;
        lowered[CAP_NET_ADMIN / 32].effective &= ~(1U << (CAP_NET_ADMIN % 32));
        set_capabilities(lowered);
        body();
        set_capabilities(before);
    }

    std::optional<unsigned> another_user() override {
        constexpr unsigned kNobody = 65534;
        unsigned inside = 0;
        unsigned outside = 0;
        unsigned long count = 0;
        std::ifstream map("/proc/self/uid_map");
        while (map >> inside >> outside >> count) {
            if (kNobody >= inside && kNobody - inside < count) {
                return kNobody;
            }
        }
        return {};
    }

private:
    std::vector<std::unique_ptr<Bridge>> bridges_ = {};
    std::unique_ptr<Macvtap> macvtap_ = {};
    UniqueFd elsewhere_ = {};
};

INSTANTIATE_TEST_SUITE_P(, TunKernelContract, ::testing::Values(make_tun_world<RealTunWorld>),
                         [](const auto&) { return "Linux"; });

}  // namespace
}  // namespace qnetdev::test
