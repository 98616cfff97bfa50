// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace bench {

/// Microseconds that a call takes.
template <class Call>
double microseconds(Call&& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
        .count();
}

inline double median(std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    return samples[samples.size() / 2];
}

/// Two sides measured in turn, so that a busy moment of the machine hits both.
class Comparison {
public:
    void add(double ours, double floor) {
        ours_.push_back(ours);
        floor_.push_back(floor);
        ratios_.push_back(ours / floor);
    }
    void print(const char* what, const char* unit) const {
        std::printf("%-34s %10.1f %10.1f %-4s %8.2f\n", what, median(ours_), median(floor_), unit,
                    median(ratios_));
    }

private:
    std::vector<double> ours_;
    std::vector<double> floor_;
    std::vector<double> ratios_;
};

inline void print_head(const char* title, const char* floor) {
    std::printf("\n%s\n%-34s %10s %10s %-4s %8s\n", title, "", "ours", floor, "", "ratio");
}

}  // namespace bench
