// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "net/unique_fd.h"
#include "net/vhost_net.h"

struct vring_desc;
struct vring_avail;
struct vring_used;

namespace qnetdev::test {

/// The guest's driver of one queue pair, played in this process: two split rings and their buffers
/// in memory of a memfd, one buffer for each entry. Every frame has a header of 12 bytes before it.
class GuestRings {
public:
    static constexpr unsigned kEntries = 256;
    static constexpr std::size_t kBufferBytes = 2048;
    static constexpr std::size_t kHeaderBytes = 12;

    /// `guest_address`: where the guest has this memory.
    explicit GuestRings(std::uint64_t guest_address);
    GuestRings(const GuestRings&) = delete;
    GuestRings& operator=(const GuestRings&) = delete;
    ~GuestRings();

    VhostMemoryRegion memory() const;
    /// As vhost is told of them; where it was, from an earlier stop.
    VhostRings rings() const;
    void go_on_from(const VhostPositions& positions);

    /// Puts a frame into the transmit ring, to be seen at the next kick(); false if it is full.
    bool transmit(std::span<const std::byte> frame);
    /// Room in the transmit ring.
    std::size_t transmit_room();
    /// Hands every buffer that came back in the receive ring to `take`, then offers it again.
    unsigned receive(const std::function<void(std::span<const std::byte> frame)>& take);
    /// Rings the doorbells, unless the kernel said that it is looking anyway.
    void kick();

    int call_fd(unsigned ring) const { return rings_[ring].call.get(); }
    /// Wants interrupts, or none.
    void want_calls(bool wanted);
    /// Spoils the next entry of the transmit ring: an index that cannot be.
    void transmit_nonsense();

private:
    struct Ring {
        vring_desc* descriptors = nullptr;
        vring_avail* available = nullptr;
        vring_used* used = nullptr;
        std::byte* buffers = nullptr;
        UniqueFd kick = {};
        UniqueFd call = {};
        std::uint16_t next_available = 0;
        std::uint16_t last_used = 0;
        std::uint16_t resume = 0;
    };

    std::uint64_t guest_of(const void* place) const;
    void offer(Ring& ring, std::uint16_t entry);

    std::uint64_t guest_address_;
    std::byte* memory_ = nullptr;
    std::array<Ring, kVhostRings> rings_ = {};
    std::vector<std::uint16_t> free_ = {};  ///< Entries of the transmit ring.
};

}  // namespace qnetdev::test
