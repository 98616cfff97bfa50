// SPDX-License-Identifier: MIT
//
// What a guest's change of its number of queues costs against the bare system calls, and whether
// a card is as quick to come and go with many netdevs as with few. Prints ratios; asserts none.
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "net/glib_event_loop.h"
#include "net/netdev.h"
#include "net/nic/virtio_net.h"
#include "net/options.h"
#include "stopwatch.h"
#include "tap_floor.h"
#include "tests/support/in_process_transport.h"

namespace {

using namespace qnetdev;

constexpr unsigned kQueues = 8;

template <class T>
T need(Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        std::exit(1);
    }
    return *std::move(result);
}

void need(bool good, const char* what) {
    if (!good) {
        std::fprintf(stderr, "%s\n", what);
        std::exit(1);
    }
}

struct Host {
    std::unique_ptr<EventLoop> loop = need(glib_event_loop(nullptr));
    test::InProcessTransport transport{2 * kQueues + 1};  // outlives the cards of the context
    std::unique_ptr<NetContext> context = net_context_create(*loop);

    void add(const std::string& text) {
        const ParsedNetdev parsed = need(parse_netdev(text));
        need(bool(net_client_init(*context, parsed.netdev)), "net_client_init");
    }
    VirtioNet& attach(const std::string& netdev) {
        const auto make = [this](NicIdentity identity, unsigned queues) {
            VirtioNetOptions options{.queue_pairs = queues};
            options.properties.mq = true;
            return std::make_unique<VirtioNet>(std::move(identity), std::move(options), transport);
        };
        return static_cast<VirtioNet&>(*need(nic_attach(
            *context, {.id = "nic0", .model = "virtio-net-device"}, netdev, kQueues, make)));
    }
};

/// The command, its answer, and all between.
void set_pairs(VirtioNet& card, test::InProcessTransport& transport, unsigned pairs) {
    test::InProcessRing& ring = transport.ring(card.control_ring());
    ring.add({std::string("\x04\x00", 2) + static_cast<char>(pairs) + '\0'}, {1});
    card.handle_ring(card.control_ring());
    need(ring.take_used() == std::string(1, '\0'), "VQ_PAIRS_SET");
}

void measure_queue_pairs() {
    bench::print_head("VQ_PAIRS_SET 1, then 8; floor: TUNSETQUEUE for each of 7 queues", "floor");
    Host host;
    host.add("tap,id=n0,ifname=bench0,script=no,downscript=no,queues=8");
    VirtioNet& card = host.attach("n0");
    card.set_features({VirtioFeature::version_1, VirtioFeature::ctrl_vq, VirtioFeature::mq});
    card.set_status(15);
    set_pairs(card, host.transport, kQueues);
    const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    const std::vector<int> fds = bench::open_tap("bench1", kQueues, false, epoll_fd);
    bench::Comparison comparison;
    for (int round = 0; round < 101; ++round) {
        double ours = 0;
        double floor = 0;
        const auto measure_ours = [&] {
            ours = bench::microseconds([&] {
                set_pairs(card, host.transport, 1);
                set_pairs(card, host.transport, kQueues);
            });
        };
        const auto measure_floor = [&] {
            floor = bench::microseconds([&] {
                bench::attach_queues(fds, 1, false);
                bench::attach_queues(fds, 1, true);
            });
        };
        round % 2 == 0 ? (measure_ours(), measure_floor()) : (measure_floor(), measure_ours());
        comparison.add(ours, floor);
    }
    comparison.print("8 -> 1 -> 8", "us");
    bench::close_all(fds);
    close(epoll_fd);
}

void measure_many_netdevs() {
    constexpr int kNetdevs = 500;
    bench::print_head("A card of 8 queues comes and goes; 500 netdevs against none", "none");
    Host few;
    Host many;
    few.add("tap,id=n0,ifname=few,script=no,downscript=no,queues=8");
    many.add("tap,id=n0,ifname=many,script=no,downscript=no,queues=8");
    for (int i = 1; i <= kNetdevs; ++i) {
        many.add("tap,id=n" + std::to_string(i) + ",script=no,downscript=no");
    }
    const auto come_and_go = [](Host& host) {
        return bench::microseconds([&host] {
            host.attach("n0");
            need(bool(net_nic_detach(*host.context, "nic0")), "net_nic_detach");
        });
    };
    bench::Comparison comparison;
    for (int round = 0; round < 41; ++round) {
        const double first = come_and_go(round % 2 == 0 ? few : many);
        const double second = come_and_go(round % 2 == 0 ? many : few);
        comparison.add(round % 2 == 0 ? second : first, round % 2 == 0 ? first : second);
    }
    comparison.print("attach and detach", "us");
    net_cleanup(*many.context, {.exclusive = true});
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
    measure_queue_pairs();
    measure_many_netdevs();
    return 0;
}
