// SPDX-License-Identifier: MIT
//
// Reading and validating arguments against a bare loop that splits the same text at ',' and '=',
// measured in turn in one process, with the allocations of each. Prints ratios; asserts none.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "net/netdev.h"
#include "net/options.h"
#include "stopwatch.h"

namespace {

std::size_t g_allocations = 0;

void* allocate(std::size_t size) {
    ++g_allocations;
    void* const memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}

}  // namespace

// Both sides of each pair are replaced, as the standard asks for; the others end up in these.
void* operator new(std::size_t size) {
    return allocate(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

namespace {

constexpr std::string_view kText =
    "tap,id=hn0,ifname=tap0,queues=8,script=no,downscript=no,vnet_hdr=on";
constexpr std::string_view kJson =
    R"({"type":"tap","id":"hn0","ifname":"tap0","queues":8,"script":"no","downscript":"no",)"
    R"("vnet_hdr":true})";
constexpr int kRounds = 101;

/// Keeps the compiler from leaving out what computes `value`.
template <class T>
void use(const T& value) {
    asm volatile("" : : "r"(&value) : "memory");
}

void parse_and_validate(std::string_view text) {
    const qnetdev::Result<qnetdev::ParsedNetdev> parsed = qnetdev::parse_netdev(text);
    if (!parsed ||
        !qnetdev::net_validate(parsed->netdev, qnetdev::NetdevOrigin::command_line).empty()) {
        std::fprintf(stderr, "refused: %.200s\n", std::string(text).c_str());
        std::exit(1);
    }
    use(*parsed);
}

/// The least that anybody who reads key=value text does: find the words.
void tokenise(std::string_view text) {
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view element = text.substr(0, comma);
        const std::size_t equals = std::min(element.find('='), element.size());
        const std::array<std::string_view, 2> words = {
            element.substr(0, equals), element.substr(std::min(equals + 1, element.size()))};
        use(words);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
}

template <class Call>
double nanoseconds(int calls, Call&& call) {
    return bench::microseconds([&] {
               for (int i = 0; i < calls; ++i) {
                   call();
               }
           }) *
           1000 / calls;
}

template <class Call>
std::size_t allocations(Call&& call) {
    const std::size_t before = g_allocations;
    call();
    return g_allocations - before;
}

/// `text` read by us against the words of `words`.
void compare(const char* what, std::string_view text, std::string_view words, int calls) {
    bench::Comparison comparison;
    for (int round = 0; round < kRounds; ++round) {
        double ours = 0;
        double floor = 0;
        const auto measure_ours = [&] {
            ours = nanoseconds(calls, [text] { parse_and_validate(text); });
        };
        const auto measure_floor = [&] {
            floor = nanoseconds(calls, [words] { tokenise(words); });
        };
        round % 2 == 0 ? (measure_ours(), measure_floor()) : (measure_floor(), measure_ours());
        comparison.add(ours, floor);
    }
    comparison.print(what, "ns");
    std::printf("%-34s %10zu %10zu allocations\n", "",
                allocations([text] { parse_and_validate(text); }),
                allocations([words] { tokenise(words); }));
}

std::string host_forwards(int entries) {
    std::string text = "user,id=n0";
    for (int i = 0; i < entries; ++i) {
        text +=
            ",hostfwd=tcp:127.0.0.1:" + std::to_string(10'000 + i) + "-:" + std::to_string(1 + i);
    }
    return text;
}

/// Time for each entry, which stays the same if the whole is linear.
void measure_host_forwards() {
    std::printf("\nhostfwd rules in one argument\n%-34s %10s %10s\n", "", "ns/entry",
                "allocs/entry");
    for (const int entries : {1000, 2000, 4000}) {
        const std::string text = host_forwards(entries);
        std::vector<double> samples;
        for (int round = 0; round < 15; ++round) {
            samples.push_back(nanoseconds(1, [&text] { parse_and_validate(text); }) / entries);
        }
        const auto allocated =
            static_cast<double>(allocations([&text] { parse_and_validate(text); }));
        std::printf("%-34d %10.1f %10.2f\n", entries, bench::median(samples), allocated / entries);
    }
}

}  // namespace

int main() {
    std::printf("Medians of interleaved rounds; ratio: ours to the other side.\n");
    bench::print_head("Parse and validate, against splitting the text at ',' and '='", "split");
    compare("tap, key=value", kText, kText, 1000);
    compare("tap, JSON", kJson, kText, 1000);
    measure_host_forwards();
    return 0;
}
