// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "net/result.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tap_offload.h"
#include "net/vnet_backend.h"

namespace qnetdev {

class TapGroup;

/// What a NIC may ask of a queue of a tap: the tun driver does it all.
///
/// Offloads are the interface's, whichever queue they are set through; of a macvtap the header
/// length is the queue's.
class TapVnet final : public VnetBackend {
public:
    /// Borrows the descriptor that is in `fd` when it is asked for something.
    TapVnet(TapGroup& group, unsigned queue, const TapFd& fd, bool has_header);

    /// Header length that NICs start with: 10 if the interface has a header.
    Result<void> init_header();
    /// The next NIC may be one that knows neither headers nor offloads.
    void forget_nic();

    bool has_vnet_hdr() const override { return host_header_ != 0; }
    bool has_vnet_hdr_len(std::size_t length) const override;
    std::size_t vnet_hdr_len() const override { return nic_has_header_ ? host_header_ : 0; }
    std::size_t host_vnet_hdr_len() const override { return host_header_; }
    Result<void> set_vnet_hdr_len(std::size_t length) override;
    Offloads supported_offloads() const override;
    Offloads offloads() const override;
    void set_offload(const Offloads& offloads) override;
    Result<void> set_vnet_le(bool enable) override;
    Result<void> set_vnet_be(bool enable) override;
    Result<void> set_steering_ebpf(int program_fd) override;
    VhostNet* vhost() override;
    Result<void> set_queue_enabled(bool enable) override;

private:
    void warn(const Error& error) const;

    TapGroup& group_;
    unsigned queue_;
    const TapFd& fd_;
    std::size_t host_header_;      ///< Bytes that the kernel puts before frames; 0 if none.
    bool nic_has_header_ = false;  ///< The NIC takes and gives that header too.
};

}  // namespace qnetdev
