// SPDX-License-Identifier: MIT
//
// Bring-up, memory and removal of taps against the fewest system calls that do the same, measured
// in turn in one process. Prints ratios; asserts none.
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "net/base/fd_reaper.h"
#include "net/glib_event_loop.h"
#include "net/netdev.h"
#include "net/options.h"
#include "stopwatch.h"
#include "tap_floor.h"

namespace {

using qnetdev::NetContext;

template <class T>
T need(qnetdev::Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        std::exit(1);
    }
    return *std::move(result);
}

struct Host {
    std::unique_ptr<qnetdev::EventLoop> loop = need(qnetdev::glib_event_loop(nullptr));
    std::unique_ptr<NetContext> context = qnetdev::net_context_create(*loop);

    /// What a user of the library does: from the text to a live netdev.
    void add(const std::string& text) {
        const qnetdev::ParsedNetdev parsed = need(qnetdev::parse_netdev(text));
        need(qnetdev::net_client_init(*context, parsed.netdev));
    }
};

void measure_bring_up(bool settings, const char* title) {
    bench::print_head(title, "floor");
    Host host;
    const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (const unsigned queues : {1U, 8U, 64U, 256U}) {
        const std::string text =
            "tap,id=hn0,ifname=bench0,script=no,downscript=no,queues=" + std::to_string(queues);
        bench::Comparison comparison;
        const int rounds = queues > 8 ? 21 : 61;
        for (int round = 0; round < rounds; ++round) {
            double ours = 0;
            double floor = 0;
            const auto measure_ours = [&] {
                ours = bench::microseconds([&] { host.add(text); });
                qnetdev::net_cleanup(*host.context);
            };
            const auto measure_floor = [&] {
                std::vector<int> fds;
                floor = bench::microseconds(
                    [&] { fds = bench::open_tap("bench0", queues, settings, epoll_fd); });
                bench::close_all(fds);
            };
            // Each side follows the other as often as itself: what is left of a removal is shared.
            round % 2 == 0 ? (measure_ours(), measure_floor()) : (measure_floor(), measure_ours());
            comparison.add(ours, floor);
        }
        comparison.print(("queues=" + std::to_string(queues)).c_str(), "us");
    }
    close(epoll_fd);
}

/// Private dirty memory of this process, in bytes.
double private_dirty() {
    std::ifstream file("/proc/self/smaps_rollup");
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("Private_Dirty:", 0) == 0) {
            return std::strtod(line.c_str() + 14, nullptr) * 1024;
        }
    }
    return 0;
}

void measure_memory() {
    constexpr int kTaps = 64;
    constexpr int kQueues = 32;
    std::printf("\nMemory of an idle queue (private dirty)\n");
    Host host;
    host.add("tap,id=warm,script=no,downscript=no,queues=2");
    const double before = private_dirty();
    for (int i = 0; i < kTaps; ++i) {
        host.add("tap,id=hn" + std::to_string(i) +
                 ",script=no,downscript=no,queues=" + std::to_string(kQueues));
    }
    std::printf("%d taps of %d queues: %.0f bytes a queue\n", kTaps, kQueues,
                (private_dirty() - before) / (kTaps * kQueues));
    qnetdev::net_cleanup(*host.context, {.exclusive = true});
}

void measure_removal() {
    constexpr int kTaps = 256;
    bench::print_head("Removal of 256 single-queue taps", "serial");
    const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (const bool exclusive : {false, true}) {
        bench::Comparison comparison;
        for (int round = 0; round < 3; ++round) {
            Host host;
            for (int i = 0; i < kTaps; ++i) {
                host.add("tap,id=hn" + std::to_string(i) + ",script=no,downscript=no");
            }
            const double ours = bench::microseconds(
                [&] { qnetdev::net_cleanup(*host.context, {.exclusive = exclusive}); });
            std::vector<int> fds;
            for (int i = 0; i < kTaps; ++i) {
                fds.push_back(bench::open_tap("bench%d", 1, false, epoll_fd).front());
            }
            const double serial = bench::microseconds([&] { bench::close_all(fds); });
            comparison.add(ours / 1000, serial / 1000);
        }
        comparison.print(exclusive ? "one request (exclusive)" : "reaper threads", "ms");
    }
    close(epoll_fd);
}

}  // namespace

int main() {
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        std::perror("unshare");
        return 77;  // skipped
    }
    rlimit files = {};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    std::printf("Medians of interleaved rounds; ratio: ours to the other side.\n");
    measure_bring_up(false, "Bring-up, floor: open, TUNSETIFF, EPOLL_CTL_ADD for each queue");
    measure_bring_up(true, "Bring-up, floor with TUNSETSNDBUF and TUNSETOFFLOAD for each queue");
    measure_memory();
    measure_removal();
    return 0;
}
