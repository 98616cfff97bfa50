// SPDX-License-Identifier: MIT
#include "net/tap/tap_vnet.h"

#include <algorithm>
#include <string>
#include <utility>

#include "net/tap/tap_client.h"
#include "net/tap/tap_group.h"

namespace qnetdev {
namespace {

constexpr std::size_t kPlainHeader = 10;  // struct virtio_net_hdr in <linux/virtio_net.h>

bool is_header_length(std::size_t length) {
    return std::find(kVnetHeaderLengths.begin(), kVnetHeaderLengths.end(), length) !=
           kVnetHeaderLengths.end();
}

}  // namespace

TapVnet::TapVnet(TapGroup& group, unsigned queue, const TapFd& fd, bool has_header)
    : group_(group), queue_(queue), fd_(fd), host_header_(has_header ? kPlainHeader : 0) {}

void TapVnet::warn(const Error& error) const {
    group_.context().log().warning("netdev '" + group_.id() + "': " + error.message());
}

Result<void> TapVnet::init_header() {
    if (!has_vnet_hdr()) {
        return {};
    }
    return group_.tun(queue_).set_vnet_hdr_size(fd_.get(), int{kPlainHeader});
}

void TapVnet::forget_nic() {
    if (std::exchange(nic_has_header_, false) && host_header_ != kPlainHeader) {
        const Result<void> reset = init_header();
        if (reset) {
            host_header_ = kPlainHeader;
        } else {
            warn(reset.error());
        }
    }
    if (group_.offloads() != Offloads{}) {
        set_offload({});  // once: the offloads are the interface's
    }
}

bool TapVnet::has_vnet_hdr_len(std::size_t length) const {
    return has_vnet_hdr() && is_header_length(length);
}

Result<void> TapVnet::set_vnet_hdr_len(std::size_t length) {
    if (!has_vnet_hdr_len(length)) {
        return Error("netdev '" + group_.id() + "' cannot have a virtio-net header of " +
                     std::to_string(length) + " bytes");
    }
    NET_TRY(group_.tun(queue_).set_vnet_hdr_size(fd_.get(), static_cast<int>(length)));
    host_header_ = length;
    nic_has_header_ = true;
    return {};
}

Offloads TapVnet::supported_offloads() const {
    const Result<Offloads> supported = group_.supported_offloads();
    if (!supported) {
        warn(supported.error());
        return {};
    }
    return *supported;
}

Offloads TapVnet::offloads() const {
    return group_.offloads();
}

void TapVnet::set_offload(const Offloads& offloads) {
    const Result<Offloads> set = tap_fd_set_offload(group_.tun(queue_), fd_.get(), offloads);
    group_.set_offloads(set ? *set : Offloads{});
    if (!set) {
        warn(Error("offloads stay off: " + set.error().message()));
    }
}

Result<void> TapVnet::set_vnet_le(bool enable) {
    return group_.tun(queue_).set_vnet_le(fd_.get(), enable);
}

Result<void> TapVnet::set_vnet_be(bool enable) {
    return group_.tun(queue_).set_vnet_be(fd_.get(), enable);
}

VhostNet* TapVnet::vhost() {
    return group_.vhost(queue_);
}

Result<void> TapVnet::set_steering_ebpf(int program_fd) {
    return group_.tun(queue_).set_steering_ebpf(fd_.get(), program_fd);
}

Result<void> TapVnet::set_queue_enabled(bool enable) {
    TapClient& client = group_.queue(queue_);
    return enable ? client.enable() : client.disable();
}

}  // namespace qnetdev
