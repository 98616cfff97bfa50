// SPDX-License-Identifier: MIT
#include "tests/guest/vhost/vhost_guest.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/fake_client.h"

namespace qnetdev::test {

unsigned vhost_workers() {
    const std::string name = "vhost-" + std::to_string(getpid());
    unsigned count = 0;
    for (const char* folder : {"/proc", "/proc/self/task"}) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            std::ifstream comm(entry.path() / "comm");
            std::string line;
            count += std::getline(comm, line) && line == name ? 1 : 0;
        }
    }
    return count;
}

bool workers_are_gone() {
    for (int round = 0; round < 200 && vhost_workers() != 0; ++round) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return vhost_workers() == 0;
}

void refuse_ioctl(unsigned long request, int errnum) {
    const auto load = [](std::size_t place) {
        return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<__u32>(place));
    };
    const auto unless = [](unsigned long value, unsigned char skip) {
        return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<__u32>(value), 0, skip);
    };
    const auto answer = [](unsigned value) { return sock_filter BPF_STMT(BPF_RET | BPF_K, value); };
    // The lower half of the second argument: little endian.
    std::array<sock_filter, 6> program{load(offsetof(seccomp_data, nr)),
                                       unless(SYS_ioctl, 3),
                                       load(offsetof(seccomp_data, args[1])),
                                       unless(request, 1),
                                       answer(SECCOMP_RET_ERRNO | static_cast<unsigned>(errnum)),
                                       answer(SECCOMP_RET_ALLOW)};
    const sock_fprog filter = {program.size(), program.data()};
    require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0,
            "PR_SET_SECCOMP");
}

Tap VhostGuest::wish(unsigned queues, bool vhost) {
    Tap tap;
    tap.ifname = "t0";
    tap.queues = queues;
    tap.vhost = vhost;
    return tap;
}

void VhostGuest::attach_card(unsigned queues) {
    ASSERT_TRUE(
        net_nic_attach(context(), fake_group("card", NetClientGroup::Kind::nic, queues), "n0"));
    for (unsigned queue = 0; queue < queues; ++queue) {
        VnetBackend& vnet = client(queue).vnet();
        ASSERT_EQ(outcome(vnet.set_vnet_hdr_len(12)), "ok");
        ASSERT_NE(vnet.vhost(), nullptr);
        pairs_.push_back(vnet.vhost());
        rings_.push_back(std::make_unique<GuestRings>(std::uint64_t{queue} << 24));
        memory_.push_back(rings_.back()->memory());
    }
}

void VhostGuest::bring_up(unsigned queues) {
    ASSERT_EQ(outcome(init(wish(queues))), "ok");
    attach_card(queues);
}

Result<void> VhostGuest::start() {
    return start(setup());
}

Result<void> VhostGuest::start(const VhostSetup& with) {
    std::vector<VhostRings> rings;
    for (const auto& pair : rings_) {
        rings.push_back(pair->rings());
    }
    return vhost_net_start(pairs_, with, rings);
}

void VhostGuest::stop() {
    const std::vector<VhostPositions> positions = vhost_net_stop(pairs_);
    for (std::size_t pair = 0; pair < positions.size(); ++pair) {
        rings_[pair]->go_on_from(positions[pair]);
    }
}

}  // namespace qnetdev::test
