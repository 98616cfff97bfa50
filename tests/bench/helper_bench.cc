// SPDX-License-Identifier: MIT
//
// From running a bridge helper to having its descriptors: ours against QEMU's, both set-uid root
// and run by an ordinary user. Prints ratios; asserts none.
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "net/bridge/run_helper.h"
#include "net/netlink/link.h"
#include "stopwatch.h"

namespace {

constexpr uid_t kUser = 3001;
constexpr const char* kOurs = "/run/bin/ours";
constexpr const char* kTheirs = "/run/bin/theirs";

void need(bool done, const char* what) {
    if (!done) {
        std::perror(what);
        std::exit(77);  // skipped: this host does not allow it
    }
}

void install(const std::string& program, const std::string& path) {
    std::error_code problem;
    std::filesystem::copy_file(program, path, problem);
    need(!problem && chmod(path.c_str(), 04755) == 0, program.c_str());
}

/// A network, an /etc and a tun node of our own; nothing of the host changes.
void make_world(const char* ours, const char* theirs) {
    need(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "unshare");
    need(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
    need(mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0, "tmpfs");
    for (const char* folder : {"/run/bin", "/run/upper", "/run/work"}) {
        need(mkdir(folder, 0755) == 0, folder);
    }
    need(mount("overlay", "/etc", "overlay", 0,
               "lowerdir=/etc,upperdir=/run/upper,workdir=/run/work") == 0,
         "overlay");
    std::filesystem::create_directories("/etc/qemu");
    std::ofstream("/etc/qemu/bridge.conf") << "allow br0\nmax-queues br0 256\n";
    umask(0);
    need(mknod("/run/tun", S_IFCHR | 0666, makedev(10, 200)) == 0, "mknod");
    need(mount("/run/tun", "/dev/net/tun", nullptr, MS_BIND, nullptr) == 0, "tun node");
    install(ours, kOurs);
    install(theirs, kTheirs);
    need(system("ip link add br0 type bridge && ip link set br0 up") == 0, "bridge");  // NOLINT
    need(setresgid(kUser, kUser, kUser) == 0 && setresuid(kUser, kUser, kUser) == 0, "setresuid");
}

using Fds = std::vector<qnetdev::UniqueFd>;

/// What a VMM does; the descriptors are closed by the caller, outside the measured time.
void run(const char* helper, unsigned queues, std::vector<Fds>& received) {
    qnetdev::Result<Fds> fds = qnetdev::run_helper(
        {.helper = helper, .bridge = "br0", .queues = queues, .timeout = std::chrono::seconds(10)});
    if (!fds) {
        std::fprintf(stderr, "%s\n", fds.error().message().c_str());
        std::exit(1);
    }
    received.push_back(*std::move(fds));
}

void measure(const char* title, unsigned our_queues, unsigned their_runs) {
    bench::Comparison comparison;
    for (int round = 0; round < 41; ++round) {
        double ours = 0;
        double theirs = 0;
        const auto measure_ours = [&] {
            std::vector<Fds> received;
            ours = bench::microseconds([&] { run(kOurs, our_queues, received); });
        };
        const auto measure_theirs = [&] {
            std::vector<Fds> received;
            theirs = bench::microseconds([&] {
                for (unsigned i = 0; i < their_runs; ++i) {
                    run(kTheirs, 1, received);
                }
            });
        };
        round % 2 == 0 ? (measure_ours(), measure_theirs()) : (measure_theirs(), measure_ours());
        comparison.add(ours, theirs);
    }
    comparison.print(title, "us");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: helper_bench OUR_HELPER QEMUS_HELPER\n");
        return 2;
    }
    make_world(argv[1], argv[2]);
    bench::print_head("Bridge helper: run to descriptors received, as an ordinary user", "QEMU's");
    measure("1 queue", 1, 1);
    measure("8 queues, against 8 runs", 8, 8);
    measure("256 queues, against 8 runs", 256, 8);
    return 0;
}
