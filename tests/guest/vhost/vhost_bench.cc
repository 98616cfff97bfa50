// SPDX-License-Identifier: MIT
//
// vhost-net against the fewest system calls that do the same, measured in turn in one process; and
// frames through it against frames through our own reading and writing of the tap. Prints ratios;
// asserts none.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <net/if.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>

#include "net/client/net_context_internals.h"
#include "net/netdev.h"
#include "net/options.h"
#include "tests/bench/stopwatch.h"
#include "tests/guest/vhost/guest_rings.h"
#include "tests/guest/vhost/wire.h"
#include "tests/support/fake_client.h"
#include "tests/support/test_loop.h"

namespace {

using namespace qnetdev;  // NOLINT(google-build-using-namespace)
using namespace qnetdev::test;

constexpr unsigned kQueues = 8;
constexpr std::uint64_t kWindow = 200;

void check(bool good, const char* what) {
    if (!good) {
        std::perror(what);
        std::exit(1);
    }
}

void check(const Result<void>& result) {
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        std::exit(1);
    }
}

/// One queue with vhost, as a program without us would have it.
struct Floor {
    UniqueFd tap;
    UniqueFd device;
    UniqueFd events[4];
};

Floor open_floor(const char* name, unsigned queues) {
    Floor floor;
    ifreq request = {};
    std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    request.ifr_flags =
        static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (queues > 1 ? IFF_MULTI_QUEUE : 0));
    floor.tap = UniqueFd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    check(floor.tap && ioctl(floor.tap.get(), TUNSETIFF, &request) == 0, "TUNSETIFF");
    int sndbuf = INT_MAX;
    check(ioctl(floor.tap.get(), TUNSETSNDBUF, &sndbuf) == 0, "TUNSETSNDBUF");
    check(ioctl(floor.tap.get(), TUNSETOFFLOAD, 0UL) == 0, "TUNSETOFFLOAD");
    const int fd = open("/dev/vhost-net", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    floor.device = UniqueFd(fd);
    std::uint64_t features = 0;
    check(fd >= 0 && ioctl(fd, VHOST_SET_OWNER, nullptr) == 0, "VHOST_SET_OWNER");
    check(ioctl(fd, VHOST_GET_FEATURES, &features) == 0, "VHOST_GET_FEATURES");
    for (unsigned ring = 0; ring < 2; ++ring) {
        for (const unsigned which : {0U, 1U}) {
            UniqueFd& event = floor.events[2 * ring + which];
            event = UniqueFd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
            vhost_vring_file file = {ring, event.get()};
            check(ioctl(fd, which == 0 ? VHOST_SET_VRING_CALL : VHOST_SET_VRING_ERR, &file) == 0,
                  "VHOST_SET_VRING_CALL");
        }
    }
    return floor;
}

/// Starts it on rings as vhost_net_start() would.
void start_floor(const Floor& floor, const GuestRings& guest) {
    const int fd = floor.device.get();
    int header = 12;
    check(ioctl(floor.tap.get(), TUNSETVNETHDRSZ, &header) == 0, "TUNSETVNETHDRSZ");
    std::uint64_t features = std::uint64_t{1} << 32;
    check(ioctl(fd, VHOST_SET_FEATURES, &features) == 0, "VHOST_SET_FEATURES");
    const VhostMemoryRegion memory = guest.memory();
    alignas(vhost_memory) char table[sizeof(vhost_memory) + sizeof(vhost_memory_region)] = {};
    auto* head = reinterpret_cast<vhost_memory*>(table);
    head->nregions = 1;
    vhost_memory_region region = {};
    region.guest_phys_addr = memory.guest_address;
    region.memory_size = memory.size;
    region.userspace_addr = memory.user_address;
    std::memcpy(table + sizeof(vhost_memory), &region, sizeof region);
    check(ioctl(fd, VHOST_SET_MEM_TABLE, table) == 0, "VHOST_SET_MEM_TABLE");
    const VhostRings rings = guest.rings();
    for (unsigned index = 0; index < 2; ++index) {
        const VhostRing& ring = rings[index];
        vhost_vring_state size = {index, ring.size};
        vhost_vring_state base = {index, 0};
        vhost_vring_addr address = {};
        address.index = index;
        address.desc_user_addr = ring.descriptors;
        address.avail_user_addr = ring.available;
        address.used_user_addr = ring.used;
        vhost_vring_file kick = {index, ring.kick_fd};
        vhost_vring_file call = {index, ring.call_fd};
        vhost_vring_file backend = {index, floor.tap.get()};
        check(ioctl(fd, VHOST_SET_VRING_NUM, &size) == 0, "VHOST_SET_VRING_NUM");
        check(ioctl(fd, VHOST_SET_VRING_BASE, &base) == 0, "VHOST_SET_VRING_BASE");
        check(ioctl(fd, VHOST_SET_VRING_ADDR, &address) == 0, "VHOST_SET_VRING_ADDR");
        check(ioctl(fd, VHOST_SET_VRING_CALL, &call) == 0, "VHOST_SET_VRING_CALL");
        check(ioctl(fd, VHOST_SET_VRING_KICK, &kick) == 0, "VHOST_SET_VRING_KICK");
        check(ioctl(fd, VHOST_NET_SET_BACKEND, &backend) == 0, "VHOST_NET_SET_BACKEND");
    }
}

/// A netdev with a card on it.
class Ours {
public:
    explicit Ours(const std::string& text)
        : context_(net_context_create(loop_.loop())), text_(text) {}
    ~Ours() { net_cleanup(*context_); }

    void add() {
        const Result<ParsedNetdev> parsed = parse_netdev(text_);
        check(net_client_init(*context_, parsed->netdev));
    }
    void remove() {
        check(net_client_del(*context_, "n0"));
        context_->internals().reaper().wait_all();
    }
    NetClientGroup& attach_card() {
        Result<NetClientGroup*> card =
            net_nic_attach(*context_, fake_group("card", NetClientGroup::Kind::nic), "n0");
        check(card.has_value(), "card");
        return **card;
    }
    NetClientState& client() { return context_->registry().find_backend("n0")->client(0); }
    TestLoop& loop() { return loop_; }

private:
    TestLoop loop_;
    std::unique_ptr<NetContext> context_;
    std::string text_;
};

void measure_set_up(int rounds) {
    bench::print_head("Set-up of 8 queues with vhost", "floor");
    Ours ours("tap,id=n0,ifname=bench0,script=no,downscript=no,vhost=on,queues=8");
    bench::Comparison comparison;
    for (int round = 0; round < rounds; ++round) {
        double mine = 0;
        double floor = 0;
        const auto measure_ours = [&] {
            mine = bench::microseconds([&] { ours.add(); });
            ours.remove();
        };
        const auto measure_floor = [&] {
            std::vector<Floor> all;
            floor = bench::microseconds([&] {
                for (unsigned queue = 0; queue < kQueues; ++queue) {
                    all.push_back(open_floor("bench0", kQueues));
                }
            });
        };
        round % 2 == 0 ? (measure_ours(), measure_floor()) : (measure_floor(), measure_ours());
        comparison.add(mine, floor);
    }
    comparison.print("8 queues", "us");
}

/// Frames a second in both directions at once, of each as many.
double frames_per_second(std::uint64_t count, Wire& wire,
                         const std::function<bool(const FrameBytes&)>& transmit,
                         const std::function<std::uint64_t()>& turn) {
    std::uint64_t out = 0;
    std::uint64_t arrived = 0;
    std::uint64_t in = 0;
    std::uint64_t received = 0;
    const auto start = std::chrono::steady_clock::now();
    while (arrived < count || received < count) {
        while (out < count && out - arrived < kWindow && transmit(make_frame(out))) {
            ++out;
        }
        const std::uint64_t room = std::min(kWindow - (in - received), count - in);
        in += room > 0 ? wire.send(in, static_cast<unsigned>(room)) : 0;
        received += turn();
        while (const unsigned some = wire.receive([](std::span<const std::byte>) {})) {
            arrived += some;
        }
        check(std::chrono::steady_clock::now() - start < std::chrono::seconds(60), "no frames");
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    return 2 * static_cast<double>(count) / took.count();
}

double through(GuestRings& rings, std::uint64_t count, Wire& wire) {
    return frames_per_second(
        count, wire, [&](const FrameBytes& frame) { return rings.transmit(frame); },
        [&] {
            rings.kick();
            return rings.receive([](std::span<const std::byte>) {});
        });
}

double ours_through_vhost(std::uint64_t count) {
    Ours ours("tap,id=n0,ifname=bench0,script=no,downscript=no,vhost=on");
    ours.add();
    ours.attach_card();
    check(ours.client().vnet().set_vnet_hdr_len(12));
    GuestRings guest(0);
    Wire wire("bench0");
    VhostNet* pair = ours.client().vnet().vhost();
    const VhostMemoryRegion memory = guest.memory();
    const VhostRings rings = guest.rings();
    check(vhost_net_start({&pair, 1},
                          {.features = {.low = std::uint64_t{1} << 32}, .memory = {&memory, 1}},
                          {&rings, 1}));
    const double rate = through(guest, count, wire);
    (void)vhost_net_stop({&pair, 1});
    ours.remove();
    return rate;
}

double floor_through_vhost(std::uint64_t count) {
    const Floor floor = open_floor("bench0", 1);
    GuestRings guest(0);
    Wire wire("bench0");
    start_floor(floor, guest);
    const double rate = through(guest, count, wire);
    for (unsigned ring = 0; ring < 2; ++ring) {
        vhost_vring_file none = {ring, -1};
        check(ioctl(floor.device.get(), VHOST_NET_SET_BACKEND, &none) == 0, "detach");
    }
    return rate;
}

double through_the_loop(std::uint64_t count) {
    Ours ours("tap,id=n0,ifname=bench0,script=no,downscript=no");
    ours.add();
    FakeClient& card = fake_client(ours.attach_card());
    Wire wire("bench0");
    const double rate = frames_per_second(
        count, wire,
        [&](const FrameBytes& frame) {
            const iovec piece = {const_cast<std::byte*>(frame.data()), frame.size()};
            return card.send(Frame(&piece, 1)) == Delivery::done;
        },
        [&] {
            ours.loop().run_pending(4);
            return std::exchange(card.received, {}).size();
        });
    ours.remove();
    return rate;
}

void measure_frames(std::uint64_t count, int rounds) {
    bench::Comparison against_floor;
    bench::Comparison against_loop;
    for (int round = 0; round < rounds; ++round) {
        const double vhost = ours_through_vhost(count);
        against_floor.add(vhost, floor_through_vhost(count));
        against_loop.add(vhost, through_the_loop(count));
    }
    bench::print_head("Frames of 128 bytes a second, both ways at once", "other");
    against_floor.print("vhost, to a minimal program's", "f/s");
    against_loop.print("vhost, to our reading and writing", "f/s");
}

}  // namespace

int main() {
    check(unshare(CLONE_NEWNET) == 0, "unshare");
    std::printf("Medians of interleaved rounds; ratio: ours to the other side.\n");
    measure_set_up(31);
    measure_frames(20'000, 5);
    return 0;
}
