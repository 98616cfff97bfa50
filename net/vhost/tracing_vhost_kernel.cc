// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>

#include "net/vhost/vhost_kernel.h"

namespace qnetdev {
namespace {

struct NamedFeature {
    unsigned bit;
    const char* name;
};
/// Those that vhost-net has had so far.
constexpr NamedFeature kFeatures[] = {
    {15, "MRG_RXBUF"},
    {24, "NOTIFY_ON_EMPTY"},
    {26, "LOG_ALL"},
    {27, "VIRTIO_NET_HDR"},
    {28, "INDIRECT_DESC"},
    {29, "EVENT_IDX"},
    {32, "VERSION_1"},
    {33, "ACCESS_PLATFORM"},
    {35, "IN_ORDER"},
    {40, "RING_RESET"},
    {65, "GUEST_UDP_TUNNEL_GSO"},
    {66, "GUEST_UDP_TUNNEL_GSO_CSUM"},
    {67, "HOST_UDP_TUNNEL_GSO"},
    {68, "HOST_UDP_TUNNEL_GSO_CSUM"},
};

std::string feature_names(VhostFeatures features) {
    std::string text;
    const auto add = [&text](const std::string& name) {
        text.append(text.empty() ? "" : "|").append(name);
    };
    for (const auto& [bit, name] : kFeatures) {
        if (features.has(bit)) {
            add(name);
            features = features.without(VhostFeatures::bit(bit));
        }
    }
    if (features != VhostFeatures{}) {
        add(to_string(features));
    }
    return text.empty() ? "0" : text;
}

std::string low_feature_names(std::uint64_t features) {
    return feature_names({features, 0});
}

std::string hex(std::uint64_t value) {
    return to_string(VhostFeatures{value, 0});
}

std::string memory_table(std::span<const VhostMemoryRegion> regions) {
    std::string text = std::to_string(regions.size());
    for (const VhostMemoryRegion& region : regions) {
        text.append(" ").append(hex(region.guest_address)).append("+").append(hex(region.size));
    }
    return text;
}

std::string of_ring(unsigned ring, const std::string& value) {
    return std::to_string(ring) + " " + value;
}

std::string of_ring(unsigned ring, long long value) {
    return of_ring(ring, std::to_string(value));
}

}  // namespace

Result<UniqueFd> TracingVhostKernel::open_vhost() {
    return tracer_.run(
        "open", "/dev/vhost-net, O_RDWR|O_NONBLOCK|O_CLOEXEC", [&] { return inner_.open_vhost(); },
        ShowResult());
}

Result<bool> TracingVhostKernel::is_vhost_net(int fd) {
    return tracer_.run(
        "statx", std::to_string(fd), [&] { return inner_.is_vhost_net(fd); },
        show_as([](bool is_one) { return is_one ? "vhost-net" : "not vhost-net"; }));
}

bool TracingVhostKernel::is_driver_there() {
    return tracer_.run(
        "open", "/proc/misc", [&] { return inner_.is_driver_there(); },
        [](bool there) { return there ? "vhost-net" : "no vhost-net"; });
}

Result<UniqueFd> TracingVhostKernel::make_event() {
    return tracer_.run(
        "eventfd", "0, EFD_NONBLOCK|EFD_CLOEXEC", [&] { return inner_.make_event(); },
        ShowResult());
}

Result<void> TracingVhostKernel::set_owner(int fd) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_OWNER", "", [&] { return inner_.set_owner(fd); });
}

Result<void> TracingVhostKernel::reset_owner(int fd) {
    return trace_ioctl(tracer_, fd, "VHOST_RESET_OWNER", "",
                       [&] { return inner_.reset_owner(fd); });
}

Result<std::uint64_t> TracingVhostKernel::get_features(int fd) {
    return trace_ioctl(
        tracer_, fd, "VHOST_GET_FEATURES", "", [&] { return inner_.get_features(fd); },
        show_as(low_feature_names));
}

Result<void> TracingVhostKernel::set_features(int fd, std::uint64_t features) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_FEATURES", low_feature_names(features),
                       [&] { return inner_.set_features(fd, features); });
}

Result<VhostFeatures> TracingVhostKernel::get_features_array(int fd) {
    return trace_ioctl(
        tracer_, fd, "VHOST_GET_FEATURES_ARRAY", "", [&] { return inner_.get_features_array(fd); },
        show_as(feature_names));
}

Result<void> TracingVhostKernel::set_features_array(int fd, VhostFeatures features) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_FEATURES_ARRAY", feature_names(features),
                       [&] { return inner_.set_features_array(fd, features); });
}

Result<std::uint64_t> TracingVhostKernel::get_backend_features(int fd) {
    return trace_ioctl(
        tracer_, fd, "VHOST_GET_BACKEND_FEATURES", "",
        [&] { return inner_.get_backend_features(fd); }, show_as(hex));
}

Result<void> TracingVhostKernel::set_backend_features(int fd, std::uint64_t features) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_BACKEND_FEATURES", hex(features),
                       [&] { return inner_.set_backend_features(fd, features); });
}

Result<void> TracingVhostKernel::set_mem_table(int fd, std::span<const VhostMemoryRegion> regions) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_MEM_TABLE", memory_table(regions),
                       [&] { return inner_.set_mem_table(fd, regions); });
}

Result<void> TracingVhostKernel::set_log_base(int fd, std::uint64_t address) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_LOG_BASE", hex(address),
                       [&] { return inner_.set_log_base(fd, address); });
}

Result<void> TracingVhostKernel::set_vring_num(int fd, unsigned ring, unsigned entries) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_VRING_NUM", of_ring(ring, entries),
                       [&] { return inner_.set_vring_num(fd, ring, entries); });
}

Result<void> TracingVhostKernel::set_vring_base(int fd, unsigned ring, unsigned next) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_VRING_BASE", of_ring(ring, next),
                       [&] { return inner_.set_vring_base(fd, ring, next); });
}

Result<unsigned> TracingVhostKernel::get_vring_base(int fd, unsigned ring) {
    return trace_ioctl(tracer_, fd, "VHOST_GET_VRING_BASE", std::to_string(ring),
                       [&] { return inner_.get_vring_base(fd, ring); });
}

Result<void> TracingVhostKernel::set_vring_addr(int fd, unsigned ring,
                                                const VhostRingAddress& where) {
    std::string text = "desc " + hex(where.descriptors) + " used " + hex(where.used) + " avail " +
                       hex(where.available);
    text += where.log ? " log " + hex(*where.log) : "";
    return trace_ioctl(tracer_, fd, "VHOST_SET_VRING_ADDR", of_ring(ring, text),
                       [&] { return inner_.set_vring_addr(fd, ring, where); });
}

Result<void> TracingVhostKernel::set_vring_kick(int fd, unsigned ring, int event_fd) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_VRING_KICK", of_ring(ring, event_fd),
                       [&] { return inner_.set_vring_kick(fd, ring, event_fd); });
}

Result<void> TracingVhostKernel::set_vring_call(int fd, unsigned ring, int event_fd) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_VRING_CALL", of_ring(ring, event_fd),
                       [&] { return inner_.set_vring_call(fd, ring, event_fd); });
}

Result<void> TracingVhostKernel::set_vring_err(int fd, unsigned ring, int event_fd) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_VRING_ERR", of_ring(ring, event_fd),
                       [&] { return inner_.set_vring_err(fd, ring, event_fd); });
}

Result<void> TracingVhostKernel::set_vring_busyloop(int fd, unsigned ring,
                                                    std::uint32_t microseconds) {
    return trace_ioctl(tracer_, fd, "VHOST_SET_VRING_BUSYLOOP_TIMEOUT", of_ring(ring, microseconds),
                       [&] { return inner_.set_vring_busyloop(fd, ring, microseconds); });
}

Result<void> TracingVhostKernel::set_backend(int fd, unsigned ring, int tap_fd) {
    return trace_ioctl(tracer_, fd, "VHOST_NET_SET_BACKEND", of_ring(ring, tap_fd),
                       [&] { return inner_.set_backend(fd, ring, tap_fd); });
}

}  // namespace qnetdev
