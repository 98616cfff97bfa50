// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "net/unique_fd.h"

namespace qnetdev::test {

inline constexpr std::size_t kFrameBytes = 128;
using FrameBytes = std::array<std::byte, kFrameBytes>;

/// Frame number `sequence`: an UDP packet of one of several flows, filled with what its number
/// makes it be.
FrameBytes make_frame(std::uint64_t sequence);

/// Which of the frames 0 to count - 1 have come.
class Tally {
public:
    explicit Tally(std::uint64_t count) : seen_(count) {}

    /// Frames of others are none of ours.
    void take(std::span<const std::byte> frame);
    std::uint64_t taken() const { return taken_; }
    std::uint64_t altered() const { return altered_; }
    std::uint64_t doubled() const { return doubled_; }
    std::uint64_t missing() const { return seen_.size() - taken_; }

private:
    std::vector<bool> seen_;
    std::uint64_t taken_ = 0;
    std::uint64_t altered_ = 0;
    std::uint64_t doubled_ = 0;
};

/// The host's end of a tap: the interface moved into a network namespace of its own, up, and a
/// packet socket on it there.
class Wire {
public:
    explicit Wire(const std::string& ifname);

    int fd() const { return socket_.get(); }
    /// Sends frames `first` to `first` + `count` - 1; how many the interface took.
    unsigned send(std::uint64_t first, unsigned count);
    unsigned receive(const std::function<void(std::span<const std::byte> frame)>& take);

private:
    UniqueFd namespace_ = {};
    UniqueFd socket_ = {};
};

}  // namespace qnetdev::test
