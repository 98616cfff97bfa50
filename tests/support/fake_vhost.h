// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/vhost/vhost_kernel.h"

namespace qnetdev::test {

/// vhost-net without a kernel: devices, whose they are, and what they have been told, with the
/// rules that VhostKernelContract holds it to. It moves no frames.
///
/// Descriptors are ends of socket pairs: the fake sees a device closed wherever that happens. What
/// it takes for a tap is such an end too, as FakeTun makes them. Not thread-safe.
class FakeVhost : public VhostKernel {
public:
    struct Ring {
        unsigned entries = 0;
        unsigned base = 0;
        VhostRingAddress address = {};
        int kick = -1;
        int call = -1;
        int err = -1;
        std::uint32_t busy_poll_us = 0;
        int backend = -1;
    };
    struct Device {
        UniqueFd other_end = {};
        std::optional<int> owner = {};
        VhostFeatures features = {};
        std::optional<std::vector<VhostMemoryRegion>> memory = {};
        std::uint64_t log_base = 0;
        std::array<Ring, 2> rings = {};
    };

    // What the driver is like. To be changed before it is used.
    VhostFeatures features = {.low = 0x33d008000};
    bool has_feature_arrays = false;
    bool has_busy_poll = true;
    bool has_driver = true;
    int open_errnum = 0;  ///< Not 0: why the node cannot be opened.
    /// Which process calls.
    int process = 1;
    /// Told of each call before it is served.
    std::function<void(const std::string& call)> before_call = {};

    /// A device as another program would open and pass it: blocking, not in calls().
    UniqueFd make_device();
    /// Null if there is none behind the descriptor.
    Device* find(int fd);
    std::size_t device_count();

    /// Lets the nth call of that name from now on, the first being 1, fail with `errnum`.
    void fail(std::string_view name, unsigned nth, int errnum);
    /// "VHOST_SET_VRING_NUM 0 256", "open", "eventfd", "statx".
    const std::vector<std::string>& calls() const { return calls_; }
    std::size_t count(std::string_view name) const;
    void clear_calls() { calls_.clear(); }

    Result<UniqueFd> open_vhost() override;
    Result<bool> is_vhost_net(int fd) override;
    bool is_driver_there() override { return has_driver; }
    Result<UniqueFd> make_event() override;
    Result<void> set_owner(int fd) override;
    Result<void> reset_owner(int fd) override;
    Result<std::uint64_t> get_features(int fd) override;
    Result<void> set_features(int fd, std::uint64_t wanted) override;
    Result<VhostFeatures> get_features_array(int fd) override;
    Result<void> set_features_array(int fd, VhostFeatures wanted) override;
    Result<std::uint64_t> get_backend_features(int fd) override;
    Result<void> set_backend_features(int fd, std::uint64_t wanted) override;
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
    struct Failure {
        std::string name;
        unsigned calls_left;
        int errnum;
    };

    void drop_closed();
    /// Notes the call; the errno that it shall fail with, or 0.
    int enter(const std::string& name, const std::string& arguments);
    /// The device, or the error that the kernel has for the descriptor.
    Result<Device*> device(const std::string& name, int fd, const std::string& arguments = {});
    Result<Device*> owned(const std::string& name, int fd, const std::string& arguments = {});
    Result<Ring*> ring_of(const std::string& name, int fd, unsigned ring, long long value);
    Result<void> set_event(const std::string& name, int fd, unsigned ring, int event_fd,
                           int Ring::*member);

    std::map<ino_t, Device> devices_ = {};
    std::vector<std::string> calls_ = {};
    std::vector<Failure> failures_ = {};
};

}  // namespace qnetdev::test
