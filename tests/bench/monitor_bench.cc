// SPDX-License-Identifier: MIT
//
// `qnetdev run` against QEMU and against the least that a C program can do, driven by the same
// client over QMP in turn, all on one processor. Prints ratios; asserts none.
//
//   monitor_bench QNETDEV QEMU
#include <net/if.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "qmp_target.h"
#include "stopwatch.h"
#include "tap_floor.h"

namespace {

using bench::QmpTarget;
using std::chrono::milliseconds;

constexpr int kRounds = 5;
constexpr unsigned kPassed = 8;

std::string ours_program;
std::string qemu_program;

std::unique_ptr<QmpTarget> make_target(int which) {
    switch (which) {
        case 0:
            return std::make_unique<QmpTarget>("ours",
                                               std::vector{ours_program, std::string("run")});
        case 1:
            return std::make_unique<QmpTarget>(
                "qemu", std::vector<std::string>{qemu_program, "-M", "none", "-nodefaults",
                                                 "-display", "none"});
        default:
            return std::make_unique<QmpTarget>("floor");
    }
}

/// One line of the table: the medians of three sides, and of the ratios of their rounds.
class Row {
public:
    explicit Row(std::string what, const char* unit) : what_(std::move(what)), unit_(unit) {}

    void add(int which, double value) { samples_[which].push_back(value); }
    void print() const {
        const auto ratio = [this](int over, int under) {
            std::vector<double> ratios;
            for (std::size_t i = 0; i < samples_[under].size(); ++i) {
                ratios.push_back(samples_[over][i] / samples_[under][i]);
            }
            return bench::median(ratios);
        };
        std::printf("%-36s %11.1f %11.1f %11.1f %-4s %9.2f %9.1f\n", what_.c_str(),
                    bench::median(samples_[0]), bench::median(samples_[1]),
                    bench::median(samples_[2]), unit_, ratio(0, 2), ratio(1, 0));
        std::fflush(stdout);
    }

private:
    std::string what_;
    const char* unit_;
    std::vector<double> samples_[3] = {};
};

void print_head(const char* title) {
    std::printf("\n%s\n%-36s %11s %11s %11s %-4s %9s %9s\n", title, "", "ours", "qemu", "floor", "",
                "ours/flo", "qemu/ours");
}

/// Median microseconds of one command.
double latency(QmpTarget& target, const std::string& command, int count, bool may_fail = false) {
    std::vector<double> samples;
    for (int i = 0; i < count; ++i) {
        samples.push_back(bench::microseconds([&] { (void)target.ask(command, -1, may_fail); }));
    }
    return bench::median(samples);
}

/// Microseconds a command when `depth` are on the way.
double pipelined(QmpTarget& target, const std::string& command, int count, int depth) {
    std::string burst;
    for (int i = 0; i < depth; ++i) {
        burst += command;
    }
    return bench::microseconds([&] {
               for (int done = 0; done < count; done += depth) {
                   target.send(burst);
                   for (int i = 0; i < depth; ++i) {
                       (void)target.receive();
                   }
               }
           }) /
           count;
}

std::string add_by_name(const std::string& id, unsigned queues) {
    return R"({"execute":"netdev_add","arguments":{"type":"tap","id":")" + id +
           R"(","script":"no","downscript":"no","vhost":false,"queues":)" + std::to_string(queues) +
           R"(,"ifname":")" + id + "\"}}\n";
}

std::string delete_by_id(const std::string& id) {
    return R"({"execute":"netdev_del","arguments":{"id":")" + id + "\"}}\n";
}

/// In our network namespace, which is not the one that /sys shows.
std::size_t interface_count() {
    struct if_nameindex* const list = if_nameindex();
    std::size_t count = 0;
    while (list[count].if_index != 0) {
        ++count;
    }
    if_freenameindex(list);
    return count;
}

/// Waits until the interfaces are gone, and a little longer, so that the kernel is at rest.
void await_interfaces(std::size_t count) {
    while (interface_count() > count) {
        std::this_thread::sleep_for(milliseconds(1));
    }
}

/// One figure for each side, in turn, round by round.
void compare(const std::string& what, const char* unit, int rounds,
             const std::function<double(int which)>& measure) {
    Row row(what, unit);
    for (int round = 0; round < rounds; ++round) {
        for (int which = 0; which < 3; ++which) {
            row.add(which, measure(which));
        }
    }
    row.print();
}

void measure_commands() {
    std::vector<std::unique_ptr<QmpTarget>> targets;
    for (int which = 0; which < 3; ++which) {
        targets.push_back(make_target(which));
    }
    const std::string noop = "{\"execute\":\"query-version\"}\n";
    const std::string reject =
        "{\"execute\":\"netdev_add\",\"arguments\":{\"type\":\"tap\",\"id\":\"x\","
        "\"fds\":\"3:4\",\"ifname\":\"x0\"}}\n";
    print_head("commands");
    compare("no-op, round trip", "us", kRounds,
            [&](int which) { return latency(*targets[which], noop, 2000); });
    compare("no-op, 64 on the way", "us", kRounds,
            [&](int which) { return pipelined(*targets[which], noop, 6400, 64); });
    compare("rejected netdev_add, round trip", "us", kRounds,
            [&](int which) { return latency(*targets[which], reject, 1000, true); });
    compare("rejected netdev_add, 64 on the way", "us", kRounds,
            [&](int which) { return pipelined(*targets[which], reject, 3200, 64); });
}

void measure_adding() {
    print_head("netdev_add by name (the floor also sets send buffer and offloads)");
    std::vector<std::unique_ptr<QmpTarget>> targets;
    for (int which = 0; which < 3; ++which) {
        targets.push_back(make_target(which));
    }
    const std::size_t before = interface_count();
    for (const unsigned queues : {1U, 8U, 64U}) {
        compare(std::to_string(queues) + (queues == 1 ? " queue" : " queues"), "us", 9,
                [&](int which) {
                    const std::string command = add_by_name("b0", queues);
                    const double taken =
                        bench::microseconds([&] { (void)targets[which]->ask(command); });
                    (void)targets[which]->ask(delete_by_id("b0"));
                    await_interfaces(before);
                    std::this_thread::sleep_for(milliseconds(20));
                    return taken;
                });
    }
}

/// Microseconds of getfd, or of the netdev_add that takes eight of them.
double pass_queues(QmpTarget& target, int epoll_fd, bool whole) {
    const std::vector<int> fds = bench::open_tap("passed0", kPassed, false, epoll_fd);
    std::vector<double> samples;
    std::string names;
    for (unsigned i = 0; i < kPassed; ++i) {
        const std::string name = "f" + std::to_string(i);
        names += (i == 0 ? "" : ":") + name;
        const std::string command =
            "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"" + name + "\"}}\n";
        samples.push_back(bench::microseconds([&] { (void)target.ask(command, fds[i]); }));
    }
    bench::close_all(fds);
    const double add = bench::microseconds([&] {
        (void)target.ask(
            "{\"execute\":\"netdev_add\",\"arguments\":{\"type\":\"tap\",\"id\":\"p\","
            "\"vhost\":false,\"fds\":\"" +
            names + "\"}}\n");
    });
    (void)target.ask(delete_by_id("p"));
    std::this_thread::sleep_for(milliseconds(30));
    return whole ? add : bench::median(samples);
}

void measure_passing() {
    print_head("descriptors");
    std::vector<std::unique_ptr<QmpTarget>> targets;
    for (int which = 0; which < 3; ++which) {
        targets.push_back(make_target(which));
    }
    const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (const bool whole : {false, true}) {
        compare(whole ? "netdev_add of 8 passed queues" : "getfd", "us", 15,
                [&](int which) { return pass_queues(*targets[which], epoll_fd, whole); });
    }
    close(epoll_fd);
}

/// What many taps cost; a fresh process for each side, which is at its end afterwards.
struct Many {
    double noop = 0;
    double add = 0;
    double memory = 0;
    double removal = 0;
};

Many measure_many(int which, unsigned count) {
    const std::unique_ptr<QmpTarget> target = make_target(which);
    const std::size_t before = interface_count();
    (void)latency(*target, "{\"execute\":\"query-version\"}\n", 100);
    const double memory = target->resident();
    std::vector<double> adds;
    for (unsigned i = 0; i < count; ++i) {
        const std::string command = add_by_name("m" + std::to_string(i), 1);
        adds.push_back(bench::microseconds([&] { (void)target->ask(command); }));
    }
    Many many;
    many.memory = (target->resident() - memory) / count;
    many.add = bench::median({adds.end() - 100, adds.end()});
    many.noop = latency(*target, "{\"execute\":\"query-version\"}\n", 1000);
    many.removal = bench::microseconds([&] {
                       for (unsigned i = 0; i < count; ++i) {
                           (void)target->ask(delete_by_id("m" + std::to_string(i)));
                       }
                       await_interfaces(before);
                   }) /
                   1000;
    return many;
}

void measure_scale() {
    constexpr unsigned kMany = 500;
    print_head("500 taps alive");
    Row noop("no-op, round trip", "us");
    Row add("one more", "us");
    Row memory("resident memory each", "KiB");
    Row removal("all deleted, until they are gone", "ms");
    for (int which = 0; which < 3; ++which) {
        const Many many = measure_many(which, kMany);
        noop.add(which, many.noop);
        add.add(which, many.add);
        memory.add(which, many.memory);
        removal.add(which, many.removal);
    }
    noop.print();
    add.print();
    memory.print();
    removal.print();
}

/// The 99th of 100 no-ops while taps are removed.
double noop_while_deleting(int which) {
    const std::unique_ptr<QmpTarget> target = make_target(which);
    constexpr unsigned kTaps = 60;
    const std::size_t before = interface_count();
    for (unsigned i = 0; i < kTaps; ++i) {
        (void)target->ask(add_by_name("d" + std::to_string(i), 1));
    }
    std::vector<double> samples;
    for (unsigned i = 0; i < kTaps; ++i) {
        target->send(delete_by_id("d" + std::to_string(i)));
        samples.push_back(bench::microseconds([&] {
            target->send("{\"execute\":\"query-version\"}\n");
            (void)target->receive();
            (void)target->receive();
        }));
        for (int k = 0; k < 50; ++k) {
            samples.push_back(bench::microseconds(
                [&] { (void)target->ask("{\"execute\":\"query-version\"}\n"); }));
        }
    }
    await_interfaces(before);
    std::sort(samples.begin(), samples.end());
    return samples[samples.size() * 99 / 100];
}

double quit_with_taps(int which) {
    const std::unique_ptr<QmpTarget> target = make_target(which);
    for (unsigned i = 0; i < 200; ++i) {
        (void)target->ask(add_by_name("q" + std::to_string(i), 1));
    }
    return bench::microseconds([&] {
               (void)target->ask("{\"execute\":\"quit\"}\n");
               target->await_end();
           }) /
           1000;
}

void use_one_processor() {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &set);
    (void)sched_setaffinity(0, sizeof set, &set);
    rlimit limit = {};
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: monitor_bench QNETDEV QEMU\n");
        return 2;
    }
    ours_program = argv[1];
    qemu_program = argv[2];
    if (unshare(CLONE_NEWNET) != 0) {
        std::perror("monitor_bench: needs a network namespace of its own");
        return 77;
    }
    use_one_processor();
    print_head("a fresh process");
    // The floor is not started but forked: its start says nothing.
    compare("start to greeting", "ms", kRounds,
            [](int which) { return which == 2 ? 1.0 : make_target(which)->startup(); });
    measure_commands();
    measure_passing();
    measure_adding();
    measure_scale();
    print_head("removal");
    compare("no-op while 60 taps are deleted, p99", "us", 3, noop_while_deleting);
    compare("quit with 200 taps", "ms", 3, quit_with_taps);
    return 0;
}
