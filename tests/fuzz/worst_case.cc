// SPDX-License-Identifier: MIT
/// No argument of 1 MiB takes much time or memory, whatever is in it.
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "net/netdev.h"
#include "net/options.h"
#include "net/validate/validate.h"

namespace {

std::size_t heap_now = 0;
std::size_t heap_peak = 0;

}  // namespace

void* operator new(std::size_t size) {
    void* const block = std::malloc(size);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    heap_now += malloc_usable_size(block);
    heap_peak = std::max(heap_peak, heap_now);
    return block;
}

void operator delete(void* block) noexcept {
    heap_now -= malloc_usable_size(block);
    std::free(block);
}

void operator delete(void* block, std::size_t /*size*/) noexcept {
    operator delete(block);
}

namespace {

using qnetdev::NetdevLanguage;
using qnetdev::NetdevOrigin;

constexpr std::size_t kInput = std::size_t{1} << 20U;

// What is promised; machines that are shared or slow get more time, but no more memory.
constexpr double kMilliseconds = 50;
constexpr double kSlowMachine = 3;
constexpr std::size_t kHeap = std::size_t{16} << 20U;

struct Cost {
    double milliseconds = 0;
    std::size_t heap = 0;
    const char* slowest = "";
    const char* biggest = "";
};

double cpu_milliseconds() {
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void judge(const qnetdev::Result<qnetdev::ParsedNetdev>& parsed, std::string_view text,
           NetdevOrigin origin) {
    if (!parsed) {
        return;
    }
    for (const qnetdev::Error& error : qnetdev::net_validate(parsed->netdev, origin)) {
        (void)qnetdev::locate_option(text, error.param());
        break;  // each costs the same, and how many are located is the caller's choice
    }
}

void judge_nic(const qnetdev::Result<qnetdev::ParsedNic>& parsed, NetdevOrigin origin) {
    if (!parsed) {
        return;
    }
    (void)qnetdev::validate_nic_card(*parsed);
    if (parsed->netdev) {
        (void)qnetdev::net_validate(*parsed->netdev, origin);
    }
}

struct Route {
    const char* name;
    void (*run)(std::string_view text);
};

constexpr Route kRoutes[] = {
    {"-netdev",
     [](std::string_view text) {
         judge(qnetdev::parse_netdev(text), text, NetdevOrigin::command_line);
     }},
    {"-nic",
     [](std::string_view text) {
         judge_nic(qnetdev::parse_nic(text), NetdevOrigin::command_line);
     }},
    {"-net",
     [](std::string_view text) { judge_nic(qnetdev::parse_net(text), NetdevOrigin::net_option); }},
    {"traditional",
     [](std::string_view text) {
         judge(qnetdev::parse_netdev_as(text, NetdevLanguage::traditional), text,
               NetdevOrigin::monitor);
     }},
    {"keyval",
     [](std::string_view text) {
         judge(qnetdev::parse_netdev_as(text, NetdevLanguage::keyval), text, NetdevOrigin::monitor);
     }},
    {"JSON",
     [](std::string_view text) {
         judge(qnetdev::parse_netdev_as(text, NetdevLanguage::json), text, NetdevOrigin::monitor);
     }},
    {"help", [](std::string_view text) { (void)qnetdev::is_netdev_help(text); }},
};

Cost measure(std::string_view text) {
    Cost cost;
    for (const Route& route : kRoutes) {
        double best = 1e9;
        std::size_t heap = 0;
        for (int i = 0; i < 3; ++i) {
            const std::size_t before = heap_now;
            heap_peak = heap_now;
            const double start = cpu_milliseconds();
            route.run(text);
            best = std::min(best, cpu_milliseconds() - start);
            heap = heap_peak - before;
        }
        if (best > cost.milliseconds) {
            cost.milliseconds = best;
            cost.slowest = route.name;
        }
        if (heap > cost.heap) {
            cost.heap = heap;
            cost.biggest = route.name;
        }
    }
    return cost;
}

struct Shape {
    const char* name;
    std::string_view head;
    /// The part that is repeated: of the number of its repetition.
    std::function<std::string(unsigned)> part;
    std::string_view tail = {};
};

std::function<std::string(unsigned)> same(std::string_view part) {
    return [part](unsigned) { return std::string(part); };
}

/// `head`, a counted text, `tail`.
std::function<std::string(unsigned)> counted(std::string_view head, std::string_view tail) {
    return [head, tail](unsigned number) {
        return std::string(head) + std::to_string(number) + std::string(tail);
    };
}

std::vector<Shape> shapes() {
    return {
        {"only commas", "", same(",")},
        {"commas in a value", "tap,id=a,ifname=", same(",,")},
        {"a huge key", "tap,id=a,", same("x"), "=1"},
        {"a huge fd", "tap,id=a,fd=", same("x")},
        {"many short keys", "tap,id=a", same(",x")},
        {"many empty keys", "tap,id=a", same(",=")},
        {"many unknown keys", "tap,id=a", counted(",k", "=")},
        {"many unknown keys of keyval", "dgram,id=a", counted(",k", "=")},
        {"one known key again and again", "tap,id=a", same(",br=")},
        {"many dotted keys", "user,id=a", counted(",hostfwd.", ".str=x")},
        {"dotted keys, last index first", "user,id=a",
         [](unsigned number) { return ",dnssearch." + std::to_string(99999 - number) + ".str="; }},
        {"a.0=,a.1=", "dgram,id=a", counted(",a.", "=")},
        {"a.b=,a.b=", "dgram,id=a", same(",a.b=")},
        {"a.0.0=,a.1.0=", "stream,id=a", counted(",a.", ".0=")},
        {"deep dotted keys", "dgram,id=a,", same("a."), "b=1"},
        {"many deep keys", "dgram,id=a",
         [](unsigned number) {
             std::string key = ",k" + std::to_string(number);
             for (int i = 0; i < 500; ++i) {
                 key += ".a";
             }
             return key + "=";
         }},
        {"many hostfwd", "user,id=a", same(",hostfwd=tcp::1-:2")},
        {"many bad hostfwd", "user,id=a", same(",hostfwd=")},
        {"many short flags", "user,id=a", same(",ipv4,noipv6")},
        {"many fds", "tap,id=a,fds=", same("1:"), "1"},
        {"many members of a guestfwd", "user,id=a,guestfwd=", same("-")},
        {"digits", "tap,id=a,queues=", same("9")},
        {"a huge id", "tap,id=", same("a")},
        {"a huge type", "", same("tap")},
        {"deep lists", R"({"a":)", same("[")},
        {"deep objects", "", same(R"({"a":)")},
        {"many numbers", R"({"a":[)", same("1,"), "1]}"},
        {"many empty lists", R"({"a":[)", same("[],"), "1]}"},
        {"escapes", R"({"id":"a","type":"tap","ifname":")", same(R"(\u00e9)"), "\"}"},
        {"quotes", R"({"id":"a","type":"tap","ifname":")", same(R"(\")"), "\"}"},
        {"a string without end", "{\"", same("x")},
        {"many unknown members", R"({"id":"a","type":"tap")", counted(",\"k", "\":0"), "}"},
        {"many strings", R"({"id":"a","type":"user","hostfwd":[)", same(R"({"str":""},)"),
         R"({"str":""}]})"},
        {"JSON digits", R"({"id":"a","type":"tap","queues":)", same("9"), "}"},
        {"a JSON fraction", R"({"id":"a","type":"tap","queues":0.)", same("0"), "1}"},
        {"blanks", "{", same(" \n")},
    };
}

std::string build(const Shape& shape) {
    std::string text(shape.head);
    std::string part = shape.part(0);
    for (unsigned number = 1; text.size() + part.size() + shape.tail.size() <= kInput; ++number) {
        text += part;
        part = shape.part(number);
    }
    return text += shape.tail;
}

}  // namespace

int main() {
    int number = 0;
    int failed = 0;
    for (const Shape& shape : shapes()) {
        const std::string text = build(shape);
        const Cost cost = measure(text);
        const bool good = cost.milliseconds <= kMilliseconds * kSlowMachine && cost.heap <= kHeap;
        failed += good ? 0 : 1;
        std::printf("%s %d - %s\n# %.1f ms (%s), %.1f MiB (%s)\n", good ? "ok" : "not ok", ++number,
                    shape.name, cost.milliseconds, cost.slowest,
                    static_cast<double>(cost.heap) / (1 << 20), cost.biggest);
    }
    std::printf("1..%d\n", number);
    return failed == 0 ? 0 : 1;
}
