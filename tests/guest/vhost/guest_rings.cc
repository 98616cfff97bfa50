// SPDX-License-Identifier: MIT
#include "tests/guest/vhost/guest_rings.h"

#include <linux/virtio_ring.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <system_error>

namespace qnetdev::test {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHead = 4 * kPage;  // descriptors, available, used
constexpr std::size_t kRingBytes = kHead + GuestRings::kEntries * GuestRings::kBufferBytes;
constexpr std::size_t kMemory = kVhostRings * kRingBytes;

void require(bool done, const char* what) {
    if (!done) {
        throw std::system_error(errno, std::generic_category(), what);
    }
}

UniqueFd make_event() {
    UniqueFd fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    require(static_cast<bool>(fd), "eventfd");
    return fd;
}

/// What the kernel has written since.
std::uint16_t read_index(const std::uint16_t& index) {
    const std::uint16_t value = reinterpret_cast<const volatile std::uint16_t&>(index);
    std::atomic_thread_fence(std::memory_order_acquire);
    return value;
}

}  // namespace

GuestRings::GuestRings(std::uint64_t guest_address) : guest_address_(guest_address) {
    const UniqueFd file(memfd_create("guest", MFD_CLOEXEC));
    require(file && ftruncate(file.get(), kMemory) == 0, "memfd_create");
    void* mapped = mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    require(mapped != MAP_FAILED, "mmap");
    memory_ = static_cast<std::byte*>(mapped);
    for (unsigned index = 0; index < kVhostRings; ++index) {
        Ring& ring = rings_[index];
        std::byte* base = memory_ + index * kRingBytes;
        ring.descriptors = reinterpret_cast<vring_desc*>(base);
        ring.available = reinterpret_cast<vring_avail*>(base + kPage);
        ring.used = reinterpret_cast<vring_used*>(base + 2 * kPage);
        ring.buffers = base + kHead;
        ring.kick = make_event();
        ring.call = make_event();
        const bool receives = index == kVhostReceive;
        for (std::uint16_t entry = 0; entry < kEntries; ++entry) {
            vring_desc& descriptor = ring.descriptors[entry];
            descriptor.addr = guest_of(ring.buffers + entry * kBufferBytes);
            descriptor.len = kBufferBytes;
            descriptor.flags = receives ? VRING_DESC_F_WRITE : 0;
            if (receives) {
                offer(ring, entry);
            }
        }
    }
    free_.resize(kEntries);
    std::iota(free_.begin(), free_.end(), std::uint16_t{0});
    want_calls(false);
}

GuestRings::~GuestRings() {
    munmap(memory_, kMemory);
}

std::uint64_t GuestRings::guest_of(const void* place) const {
    return guest_address_ +
           static_cast<std::uint64_t>(static_cast<const std::byte*>(place) - memory_);
}

VhostMemoryRegion GuestRings::memory() const {
    return {.guest_address = guest_address_,
            .size = kMemory,
            .user_address = reinterpret_cast<std::uintptr_t>(memory_)};
}

VhostRings GuestRings::rings() const {
    VhostRings both;
    for (unsigned index = 0; index < kVhostRings; ++index) {
        const Ring& ring = rings_[index];
        both[index] = {.size = kEntries,
                       .descriptors = reinterpret_cast<std::uintptr_t>(ring.descriptors),
                       .available = reinterpret_cast<std::uintptr_t>(ring.available),
                       .used = reinterpret_cast<std::uintptr_t>(ring.used),
                       .used_guest_address = guest_of(ring.used),
                       .next_available = ring.resume,
                       .kick_fd = ring.kick.get(),
                       .call_fd = ring.call.get()};
    }
    return both;
}

void GuestRings::go_on_from(const VhostPositions& positions) {
    for (unsigned index = 0; index < kVhostRings; ++index) {
        rings_[index].resume = positions[index].value_or(rings_[index].used->idx);
    }
}

void GuestRings::offer(Ring& ring, std::uint16_t entry) {
    ring.available->ring[ring.next_available % kEntries] = entry;
    std::atomic_thread_fence(std::memory_order_release);
    ++ring.next_available;
    reinterpret_cast<volatile std::uint16_t&>(ring.available->idx) = ring.next_available;
}

std::size_t GuestRings::transmit_room() {
    Ring& ring = rings_[kVhostTransmit];
    const std::uint16_t used = read_index(ring.used->idx);
    while (ring.last_used != used) {
        free_.push_back(static_cast<std::uint16_t>(ring.used->ring[ring.last_used % kEntries].id));
        ++ring.last_used;
    }
    return free_.size();
}

bool GuestRings::transmit(std::span<const std::byte> frame) {
    assert(frame.size() <= kBufferBytes - kHeaderBytes);
    if (free_.empty() && transmit_room() == 0) {
        return false;
    }
    Ring& ring = rings_[kVhostTransmit];
    const std::uint16_t entry = free_.back();
    free_.pop_back();
    std::byte* buffer = ring.buffers + entry * kBufferBytes;
    std::memset(buffer, 0, kHeaderBytes);
    std::memcpy(buffer + kHeaderBytes, frame.data(), frame.size());
    ring.descriptors[entry].len = static_cast<__u32>(kHeaderBytes + frame.size());
    offer(ring, entry);
    return true;
}

void GuestRings::transmit_nonsense() {
    offer(rings_[kVhostTransmit], kEntries + 7);
}

unsigned GuestRings::receive(const std::function<void(std::span<const std::byte> frame)>& take) {
    Ring& ring = rings_[kVhostReceive];
    const std::uint16_t used = read_index(ring.used->idx);
    unsigned count = 0;
    for (; ring.last_used != used; ++ring.last_used, ++count) {
        const vring_used_elem& element = ring.used->ring[ring.last_used % kEntries];
        const auto entry = static_cast<std::uint16_t>(element.id);
        const std::byte* buffer = ring.buffers + entry * kBufferBytes;
        take({buffer + kHeaderBytes, element.len - kHeaderBytes});
        offer(ring, entry);
    }
    return count;
}

void GuestRings::kick() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (Ring& ring : rings_) {
        if ((read_index(ring.used->flags) & VRING_USED_F_NO_NOTIFY) == 0) {
            (void)eventfd_write(ring.kick.get(), 1);
        }
    }
}

void GuestRings::want_calls(bool wanted) {
    for (Ring& ring : rings_) {
        reinterpret_cast<volatile std::uint16_t&>(ring.available->flags) =
            wanted ? 0 : VRING_AVAIL_F_NO_INTERRUPT;
    }
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace qnetdev::test
