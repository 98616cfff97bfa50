// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "net/base/tracer.h"
#include "net/tap/tun_kernel.h"

namespace qnetdev {

/// Any TunKernel, with each call shown to a tracer: `ioctl(7, TUNGETIFF) = 0 tap0 IFF_TAP (1 us)`.
class TracingTunKernel final : public TunKernel {
public:
    /// `inner` must live as long.
    TracingTunKernel(TunKernel& inner, Tracer tracer) : inner_(inner), tracer_(std::move(tracer)) {}

    Result<UniqueFd> open_tun() override;
    Result<UniqueFd> open_macvtap(unsigned interface_index) override;
    Result<unsigned> interface_index(const std::string& name) override;
    Result<unsigned> get_features(int fd) override;
    Result<std::string> set_iff(int fd, const std::string& name, unsigned flags) override;
    Result<TunInterface> get_iff(int fd) override;
    Result<void> set_owner(int fd, unsigned uid) override;
    Result<LinkInfo> get_link(const std::string& name) override;
    Result<void> reset_shared(int fd, TunShared what) override;
    Result<void> delete_interface(unsigned index) override;
    bool is_in_our_namespace(int fd) override;
    Result<int> get_sndbuf(int fd) override;
    Result<void> set_sndbuf(int fd, int bytes) override;
    Result<void> set_offload(int fd, const Offloads& offloads) override;
    Result<int> get_vnet_hdr_size(int fd) override;
    Result<void> set_vnet_hdr_size(int fd, int bytes) override;
    Result<void> set_vnet_le(int fd, bool enable) override;
    Result<void> set_vnet_be(int fd, bool enable) override;
    Result<void> set_queue(int fd, bool attach) override;
    Result<void> set_steering_ebpf(int fd, int program_fd) override;

private:
    TunKernel& inner_;
    Tracer tracer_;
};

/// A driver as a tracer wants it: the driver itself if that is off.
class TracedTun {
public:
    TracedTun(TunKernel& kernel, const Tracer& tracer) : kernel_(kernel) {
        if (tracer) {
            tracing_.emplace(kernel, tracer);
        }
    }

    TunKernel& get() { return tracing_ ? *tracing_ : kernel_; }

private:
    TunKernel& kernel_;
    std::optional<TracingTunKernel> tracing_ = {};
};

}  // namespace qnetdev
