// SPDX-License-Identifier: MIT
#include "net/vhost_net.h"

#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "net/vhost/vhost_kernel.h"

namespace qnetdev {
namespace {

using namespace vhost_feature;

/// What of a NIC is for the kernel to implement once it serves the rings: NOTIFY_ON_EMPTY, ring
/// layouts and notifications, buffers, MTU, hashes, tunnels. The rest is the tap's.
constexpr VhostFeatures kOfKernel{
    std::uint64_t{1} << 24 | std::uint64_t{1} << 28 | std::uint64_t{1} << 29 |
        std::uint64_t{1} << kMergeableBuffers | std::uint64_t{1} << kVersion1 |
        std::uint64_t{1} << 3 | std::uint64_t{1} << kAccessPlatform | std::uint64_t{1} << 34 |
        std::uint64_t{1} << 38 | std::uint64_t{1} << 40 | std::uint64_t{1} << 57 |
        std::uint64_t{1} << 61,
    std::uint64_t{1} << (kGuestUdpTunnel - 64) | std::uint64_t{1} << (kHostUdpTunnel - 64)};

/// Without these a device works as well: nobody asks for them here.
constexpr std::uint64_t kBackendFeatures = 0;

/// Bytes that the kernel takes a frame's header to have.
std::size_t header_length(VhostFeatures features) {
    if (features.has(kGuestUdpTunnel) || features.has(kHostUdpTunnel)) {
        return 24;
    }
    return features.has(kMergeableBuffers) || features.has(kVersion1) ? 12 : 10;
}

Error busy_device(VhostKernel& kernel, int fd, Error error) {
    // Only its owner may ask a device that.
    const bool is_ours = kernel.get_vring_base(fd, kVhostReceive).has_value();
    return std::move(error).with_hint(
        is_ours ? "this process uses the device already: pass one descriptor for each queue"
                : "another process owns the device, or a parent or child of this one: pass a "
                  "descriptor on which nobody has done VHOST_SET_OWNER");
}

}  // namespace

std::string to_string(const VhostFeatures& features) {
    std::array<char, 40> text{};
    if (features.high != 0) {
        std::snprintf(text.data(), text.size(), "0x%llx%016llx",
                      static_cast<unsigned long long>(features.high),
                      static_cast<unsigned long long>(features.low));
    } else {
        std::snprintf(text.data(), text.size(), "0x%llx",
                      static_cast<unsigned long long>(features.low));
    }
    return text.data();
}

Result<UniqueFd> open_vhost_net(VhostKernel& kernel) {
    Result<UniqueFd> fd = kernel.open_vhost();
    if (fd) {
        return fd;
    }
    Error error = std::move(fd).error();
    switch (error.errnum()) {
        case ENOENT:
            return std::move(error).with_hint(
                kernel.is_driver_there()
                    ? "the driver is there, but not its node: make it (character device 10:238), "
                      "pass 'vhostfd', or drop 'vhost'"
                    : "load the kernel module vhost_net, or drop 'vhost'");
        case ENODEV:
        case ENXIO:
            return std::move(error).with_hint(
                "the node is there, but not the driver: load the kernel module vhost_net, or drop "
                "'vhost'");
        case EACCES:
            return std::move(error).with_hint(
                "let this user read and write the node, pass 'vhostfd' from somebody who may open "
                "it, or drop 'vhost'");
        case EPERM:
            return std::move(error).with_hint(
                "a device cgroup or a security module forbids it: allow character device 10:238 "
                "there, pass 'vhostfd', or drop 'vhost'");
        case EMFILE:
            return std::move(error).with_hint("raise the limit on open files: ulimit -n");
        default:
            return error;
    }
}

Result<std::unique_ptr<VhostNet>> VhostNet::create(VhostKernel& kernel, int fd,
                                                   std::uint32_t busy_poll_us) {
    std::unique_ptr<VhostNet> device(new VhostNet(kernel, fd, busy_poll_us));
    NET_TRY(device->set_up());
    return device;
}

VhostNet::~VhostNet() {
    (void)stop();
}

Result<void> VhostNet::set_up() {
    NET_TRY(own());
    Result<void> outcome = read_features();
    if (outcome) {
        outcome = set_up_rings();
    }
    if (!outcome) {
        (void)release();
    }
    return outcome;
}

Result<void> VhostNet::own() {
    Result<void> owned = kernel_.set_owner(fd_);
    if (!owned) {
        Error error = std::move(owned).error();
        return error.errnum() == EBUSY ? busy_device(kernel_, fd_, std::move(error)) : error;
    }
    owned_ = true;
    owner_ = static_cast<int>(getpid());
    return {};
}

Result<void> VhostNet::release() {
    (void)stop();
    if (std::exchange(owned_, false)) {
        NET_TRY(kernel_.reset_owner(fd_));
    }
    return {};
}

Result<void> VhostNet::read_features() {
    if (const Result<VhostFeatures> all = kernel_.get_features_array(fd_)) {
        features_ = *all;
        return {};
    }
    const std::uint64_t low = NET_TRY(kernel_.get_features(fd_));
    features_ = {.low = low};
    return {};
}

Result<void> VhostNet::write_features(VhostFeatures features) {
    return features.high != 0 ? kernel_.set_features_array(fd_, features)
                              : kernel_.set_features(fd_, features.low);
}

Result<void> VhostNet::set_up_rings() {
    for (unsigned ring = 0; ring < kVhostRings; ++ring) {
        rings_[ring].masked = NET_TRY(kernel_.make_event());
        rings_[ring].error = NET_TRY(kernel_.make_event());
        NET_TRY(kernel_.set_vring_call(fd_, ring, rings_[ring].masked.get()));
        NET_TRY(kernel_.set_vring_err(fd_, ring, rings_[ring].error.get()));
        if (busy_poll_us_ != 0) {
            Result<void> polls = kernel_.set_vring_busyloop(fd_, ring, busy_poll_us_);
            if (!polls) {
                return std::move(polls).error().with_param("poll-us").with_hint(
                    "this kernel's vhost-net cannot poll: drop 'poll-us'");
            }
        }
    }
    return {};
}

Result<void> VhostNet::check_header(bool has_vnet_hdr) const {
    if (has_vnet_hdr || features_.has(kMakesHeader)) {
        return {};
    }
    return Error("this kernel's vhost-net needs a tap with a virtio-net header (it has features " +
                 to_string(features_) + ")")
        .with_param("vnet_hdr")
        .with_hint("use vnet_hdr=on, or drop 'vhost'");
}

VhostFeatures VhostNet::offer(VhostFeatures nic) const {
    return nic.without(kOfKernel.without(features_) | VhostFeatures::bit(kAccessPlatform));
}

Result<void> VhostNet::check_features() const {
    if (negotiated_.has(kAccessPlatform)) {
        return Error("vhost-net cannot serve a guest behind an IOMMU: there is no IOTLB")
            .with_hint("do not offer VIRTIO_F_ACCESS_PLATFORM");
    }
    const VhostFeatures lacking = negotiated_.without(features_);
    if (lacking != VhostFeatures{}) {
        return Error("this kernel's vhost-net lacks features " + to_string(lacking) +
                     ": it has no more than " + to_string(features_))
            .with_hint("offer the guest no more than the kernel has");
    }
    return {};
}

/// The kernel does not look: with headers of another length every frame would be shifted.
Result<void> VhostNet::check(const VhostSetup& setup) {
    assert(tap_ != nullptr && !running_);
    if (!owned_) {
        NET_TRY(set_up());  // see detach_ring()
    }
    const VhostTap::State tap = NET_TRY(tap_->vhost_tap_state());
    if (!tap.is_tap) {
        return Error("'" + tap.name + "' is no tap (layer 2) interface");
    }
    negotiated_ =
        setup.features.without(VhostFeatures::bit(kMakesHeader) | VhostFeatures::bit(kLogAll));
    if (tap.vnet_hdr == 0) {
        negotiated_ = negotiated_ | VhostFeatures::bit(kMakesHeader);
    }
    NET_TRY(check_features());
    if (setup.dirty_log != nullptr && !features_.has(kLogAll)) {
        return Error("this kernel's vhost-net cannot log what it writes");
    }
    const std::size_t length = header_length(negotiated_);
    if (tap.vnet_hdr != 0 && tap.vnet_hdr != length) {
        return Error("frames of '" + tap.name + "' have a virtio-net header of " +
                     std::to_string(tap.vnet_hdr) + " bytes, but the guest's one of " +
                     std::to_string(length))
            .with_hint("set the header length that the guest has negotiated before vhost starts");
    }
    return {};
}

Result<void> VhostNet::start(const VhostSetup& setup, const VhostRings& rings) {
    const VhostFeatures log = VhostFeatures::bit(kLogAll);
    logs_ = setup.dirty_log != nullptr;
    NET_TRY(write_features(logs_ ? negotiated_ | log : negotiated_));
    // What it does not know it cannot agree to: nothing depends on it.
    if (const Result<std::uint64_t> backend = kernel_.get_backend_features(fd_)) {
        (void)kernel_.set_backend_features(fd_, *backend & kBackendFeatures);
    }
    NET_TRY(kernel_.set_mem_table(fd_, setup.memory));
    for (unsigned ring = 0; ring < kVhostRings; ++ring) {
        rings_[ring].guest = rings[ring];
        NET_TRY(place_ring(ring));
    }
    if (logs_) {
        NET_TRY(kernel_.set_log_base(fd_, reinterpret_cast<std::uintptr_t>(setup.dirty_log)));
    }
    running_ = true;
    tap_->on_vhost_running(true);
    for (unsigned ring = 0; ring < kVhostRings; ++ring) {
        NET_TRY(attach_ring(ring));
    }
    return {};
}

Result<void> VhostNet::write_address(unsigned ring) {
    const VhostRing& guest = rings_[ring].guest;
    VhostRingAddress where{
        .descriptors = guest.descriptors, .used = guest.used, .available = guest.available};
    if (logs_) {
        where.log = guest.used_guest_address;
    }
    return kernel_.set_vring_addr(fd_, ring, where);
}

Result<void> VhostNet::place_ring(unsigned ring) {
    const VhostRing& guest = rings_[ring].guest;
    if (guest.size == 0) {
        return {};
    }
    std::uint64_t errors = 0;  // those of the driver before
    (void)!read(rings_[ring].error.get(), &errors, sizeof errors);
    NET_TRY(kernel_.set_vring_num(fd_, ring, guest.size));
    NET_TRY(kernel_.set_vring_base(fd_, ring, guest.next_available));
    NET_TRY(write_address(ring));
    rings_[ring].placed = true;
    // From here on the kernel polls it, but finds nothing to do until there is a tap.
    return kernel_.set_vring_kick(fd_, ring, guest.kick_fd);
}

Result<void> VhostNet::attach_ring(unsigned ring) {
    if (rings_[ring].placed) {
        NET_TRY(kernel_.set_backend(fd_, ring, tap_->vhost_fd_of_tap()));
        rings_[ring].attached = true;
    }
    return {};
}

std::optional<std::uint16_t> VhostNet::detach_ring(unsigned ring) {
    Ring& it = rings_[ring];
    std::optional<std::uint16_t> next;
    if (std::exchange(it.attached, false)) {
        const bool detached = kernel_.set_backend(fd_, ring, -1).has_value();
        if (const Result<unsigned> base = kernel_.get_vring_base(fd_, ring)) {
            next = static_cast<std::uint16_t>(*base);
        }
        // The guest's memory may go next, so the kernel has to let go of it in any case. What the
        // device has to know it is told again when it starts.
        if (!detached && kernel_.reset_owner(fd_)) {
            owned_ = false;
        }
    }
    if (std::exchange(it.placed, false) && owned_) {
        (void)kernel_.set_vring_kick(fd_, ring, -1);
        (void)set_call(ring, -1);
    }
    return next;
}

VhostPositions VhostNet::stop() {
    VhostPositions positions;
    for (unsigned ring = 0; ring < kVhostRings; ++ring) {
        positions[ring] = detach_ring(ring);
    }
    if (std::exchange(running_, false)) {
        tap_->on_vhost_running(false);
    }
    return positions;
}

Result<void> VhostNet::set_call(unsigned ring, int call_fd) {
    assert(ring < kVhostRings);
    return kernel_.set_vring_call(fd_, ring, call_fd >= 0 ? call_fd : rings_[ring].masked.get());
}

bool VhostNet::take_masked_call(unsigned ring) {
    assert(ring < kVhostRings);
    std::uint64_t count = 0;
    return read(rings_[ring].masked.get(), &count, sizeof count) == sizeof count;
}

Result<std::optional<std::uint16_t>> VhostNet::stop_ring(unsigned ring) {
    assert(ring < kVhostRings);
    return detach_ring(ring);
}

Result<void> VhostNet::start_ring(unsigned ring, const VhostRing& with) {
    assert(ring < kVhostRings && running_ && !rings_[ring].placed);
    rings_[ring].guest = with;
    Result<void> outcome = set_call(ring, with.call_fd);
    if (outcome) {
        outcome = place_ring(ring);
    }
    if (outcome) {
        outcome = attach_ring(ring);
    }
    if (!outcome) {
        (void)detach_ring(ring);
    }
    return outcome;
}

Result<void> VhostNet::set_log(void* bitmap) {
    const bool on = bitmap != nullptr;
    const VhostFeatures log = VhostFeatures::bit(kLogAll);
    if (on) {
        NET_TRY(kernel_.set_log_base(fd_, reinterpret_cast<std::uintptr_t>(bitmap)));
        NET_TRY(write_features(negotiated_ | log));
    }
    const bool before = std::exchange(logs_, on);
    for (unsigned ring = 0; ring < kVhostRings; ++ring) {
        Result<void> outcome = rings_[ring].attached ? write_address(ring) : Result<void>();
        if (!outcome) {
            logs_ = before;
            return outcome;
        }
    }
    return on ? Result<void>() : write_features(negotiated_);
}

Result<void> vhost_net_start(std::span<VhostNet* const> pairs, const VhostSetup& setup,
                             std::span<const VhostRings> rings) {
    assert(pairs.size() == rings.size());
    for (VhostNet* pair : pairs) {
        NET_TRY(pair->check(setup));
    }
    Result<void> outcome;
    for (std::size_t i = 0; i < pairs.size() && outcome; ++i) {
        for (unsigned ring = 0; ring < kVhostRings && outcome; ++ring) {
            outcome = pairs[i]->set_call(ring, rings[i][ring].call_fd);
        }
    }
    for (std::size_t i = 0; i < pairs.size() && outcome; ++i) {
        outcome = pairs[i]->start(setup, rings[i]);
    }
    if (!outcome) {
        (void)vhost_net_stop(pairs);
        for (VhostNet* pair : pairs) {
            for (unsigned ring = 0; ring < kVhostRings; ++ring) {
                (void)pair->set_call(ring, -1);
            }
        }
    }
    return outcome;
}

std::vector<VhostPositions> vhost_net_stop(std::span<VhostNet* const> pairs) {
    std::vector<VhostPositions> positions;
    positions.reserve(pairs.size());
    for (VhostNet* pair : pairs) {
        positions.push_back(pair->stop());
    }
    return positions;
}

Result<void> vhost_net_set_memory(std::span<VhostNet* const> pairs,
                                  std::span<const VhostMemoryRegion> memory) {
    for (VhostNet* pair : pairs) {
        NET_TRY(pair->kernel_.set_mem_table(pair->fd_, memory));
    }
    return {};
}

Result<void> vhost_net_set_log(std::span<VhostNet* const> pairs, void* bitmap) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        assert(pairs[i]->is_running());
        Result<void> outcome = pairs[i]->set_log(bitmap);
        if (!outcome) {
            // Logging more than is asked for is harmless, logging half of it is not.
            for (std::size_t undone = 0; undone <= i && bitmap != nullptr; ++undone) {
                (void)pairs[undone]->set_log(nullptr);
            }
            return outcome;
        }
    }
    return {};
}

}  // namespace qnetdev
