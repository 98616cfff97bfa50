// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "net/base/tracer.h"
#include "net/result.h"
#include "net/unique_fd.h"
#include "net/vhost_net.h"

namespace qnetdev {

/// Where the parts of a ring are: addresses in this process, but for the log's.
struct VhostRingAddress {
    std::uint64_t descriptors = 0;
    std::uint64_t used = 0;
    std::uint64_t available = 0;
    std::optional<std::uint64_t> log = {};  ///< Guest address under which the used ring is logged.
};

/// The calls of vhost-net, one method each, as a seam: unit tests fake the kernel.
///
/// Every error is Error::from_errno() with the name of the call, "VHOST_SET_OWNER" for example.
/// Methods that take an `int` borrow it; `ring` is 0 or 1. All but those that say otherwise want
/// the caller to be the owner, and answer EPERM. Stateless, so any thread may call.
/// tests/support/vhost_kernel_contract.cc holds the real one and the fake to the rest.
class VhostKernel {
public:
    VhostKernel() = default;
    VhostKernel(const VhostKernel&) = delete;
    VhostKernel& operator=(const VhostKernel&) = delete;
    virtual ~VhostKernel() = default;

    /// Opens /dev/vhost-net, non-blocking and close-on-exec.
    virtual Result<UniqueFd> open_vhost() = 0;
    /// Whether the descriptor is of that driver. Asks neither a file system nor a driver.
    virtual Result<bool> is_vhost_net(int fd) = 0;
    /// Whether the driver is in the kernel, so that only its node can be missing.
    virtual bool is_driver_there() = 0;
    /// An eventfd, non-blocking and close-on-exec.
    virtual Result<UniqueFd> make_event() = 0;

    /// EBUSY if somebody is the owner, whoever it is.
    virtual Result<void> set_owner(int fd) = 0;
    /// Forgets everything but the features.
    virtual Result<void> reset_owner(int fd) = 0;
    /// Whoever asks; the first 64 bits.
    virtual Result<std::uint64_t> get_features(int fd) = 0;
    virtual Result<void> set_features(int fd, std::uint64_t features) = 0;
    /// The same for all bits. Any error: the kernel does not know the call.
    virtual Result<VhostFeatures> get_features_array(int fd) = 0;
    virtual Result<void> set_features_array(int fd, VhostFeatures features) = 0;
    /// What the owner and the kernel agree on besides; whoever asks.
    virtual Result<std::uint64_t> get_backend_features(int fd) = 0;
    virtual Result<void> set_backend_features(int fd, std::uint64_t features) = 0;
    virtual Result<void> set_mem_table(int fd, std::span<const VhostMemoryRegion> regions) = 0;
    /// Address of the dirty bitmap in this process.
    virtual Result<void> set_log_base(int fd, std::uint64_t address) = 0;

    virtual Result<void> set_vring_num(int fd, unsigned ring, unsigned entries) = 0;
    virtual Result<void> set_vring_base(int fd, unsigned ring, unsigned next) = 0;
    virtual Result<unsigned> get_vring_base(int fd, unsigned ring) = 0;
    virtual Result<void> set_vring_addr(int fd, unsigned ring, const VhostRingAddress& where) = 0;
    /// The eventfds of a ring; -1: none.
    virtual Result<void> set_vring_kick(int fd, unsigned ring, int event_fd) = 0;
    virtual Result<void> set_vring_call(int fd, unsigned ring, int event_fd) = 0;
    virtual Result<void> set_vring_err(int fd, unsigned ring, int event_fd) = 0;
    virtual Result<void> set_vring_busyloop(int fd, unsigned ring, std::uint32_t microseconds) = 0;
    /// The tap whose frames pass the ring; -1: none, and then the kernel has come to rest.
    virtual Result<void> set_backend(int fd, unsigned ring, int tap_fd) = 0;
};

/// The driver of the system we were built for. On systems without one, every call fails clearly.
VhostKernel& system_vhost_kernel();

/// What system_vhost_kernel() is elsewhere; built on Linux too, for its test.
VhostKernel& unsupported_vhost_kernel();

/// Opens the device, and if that fails, says why and what helps against it.
Result<UniqueFd> open_vhost_net(VhostKernel& kernel);

/// Any VhostKernel, with each call shown to a tracer: `ioctl(9, VHOST_SET_OWNER) = 0 (8 us)`.
class TracingVhostKernel final : public VhostKernel {
public:
    /// `inner` must live as long.
    TracingVhostKernel(VhostKernel& inner, Tracer tracer)
        : inner_(inner), tracer_(std::move(tracer)) {}

    Result<UniqueFd> open_vhost() override;
    Result<bool> is_vhost_net(int fd) override;
    bool is_driver_there() override;
    Result<UniqueFd> make_event() override;
    Result<void> set_owner(int fd) override;
    Result<void> reset_owner(int fd) override;
    Result<std::uint64_t> get_features(int fd) override;
    Result<void> set_features(int fd, std::uint64_t features) override;
    Result<VhostFeatures> get_features_array(int fd) override;
    Result<void> set_features_array(int fd, VhostFeatures features) override;
    Result<std::uint64_t> get_backend_features(int fd) override;
    Result<void> set_backend_features(int fd, std::uint64_t features) override;
    Result<void> set_mem_table(int fd, std::span<const VhostMemoryRegion> regions) override;
    Result<void> set_log_base(int fd, std::uint64_t address) override;
    Result<void> set_vring_num(int fd, unsigned ring, unsigned entries) override;
    Result<void> set_vring_base(int fd, unsigned ring, unsigned next) override;
    Result<unsigned> get_vring_base(int fd, unsigned ring) override;
    Result<void> set_vring_addr(int fd, unsigned ring, const VhostRingAddress& where) override;
    Result<void> set_vring_kick(int fd, unsigned ring, int event_fd) override;
    Result<void> set_vring_call(int fd, unsigned ring, int event_fd) override;
    Result<void> set_vring_err(int fd, unsigned ring, int event_fd) override;
    Result<void> set_vring_busyloop(int fd, unsigned ring, std::uint32_t microseconds) override;
    Result<void> set_backend(int fd, unsigned ring, int tap_fd) override;

private:
    VhostKernel& inner_;
    Tracer tracer_;
};

}  // namespace qnetdev
