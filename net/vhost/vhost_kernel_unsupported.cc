// SPDX-License-Identifier: MIT
#include "net/vhost/vhost_kernel.h"

namespace qnetdev {
namespace {

class UnsupportedVhostKernel : public VhostKernel {
public:
    Result<UniqueFd> open_vhost() override { return unsupported(); }
    Result<bool> is_vhost_net(int) override { return unsupported(); }
    bool is_driver_there() override { return false; }
    Result<UniqueFd> make_event() override { return unsupported(); }
    Result<void> set_owner(int) override { return unsupported(); }
    Result<void> reset_owner(int) override { return unsupported(); }
    Result<std::uint64_t> get_features(int) override { return unsupported(); }
    Result<void> set_features(int, std::uint64_t) override { return unsupported(); }
    Result<VhostFeatures> get_features_array(int) override { return unsupported(); }
    Result<void> set_features_array(int, VhostFeatures) override { return unsupported(); }
    Result<std::uint64_t> get_backend_features(int) override { return unsupported(); }
    Result<void> set_backend_features(int, std::uint64_t) override { return unsupported(); }
    Result<void> set_mem_table(int, std::span<const VhostMemoryRegion>) override {
        return unsupported();
    }
    Result<void> set_log_base(int, std::uint64_t) override { return unsupported(); }
    Result<void> set_vring_num(int, unsigned, unsigned) override { return unsupported(); }
    Result<void> set_vring_base(int, unsigned, unsigned) override { return unsupported(); }
    Result<unsigned> get_vring_base(int, unsigned) override { return unsupported(); }
    Result<void> set_vring_addr(int, unsigned, const VhostRingAddress&) override {
        return unsupported();
    }
    Result<void> set_vring_kick(int, unsigned, int) override { return unsupported(); }
    Result<void> set_vring_call(int, unsigned, int) override { return unsupported(); }
    Result<void> set_vring_err(int, unsigned, int) override { return unsupported(); }
    Result<void> set_vring_busyloop(int, unsigned, std::uint32_t) override { return unsupported(); }
    Result<void> set_backend(int, unsigned, int) override { return unsupported(); }

private:
    static Error unsupported() {
        return Error("vhost-net needs Linux: this system has no vhost driver that we know");
    }
};

}  // namespace

VhostKernel& unsupported_vhost_kernel() {
    static UnsupportedVhostKernel kernel;  // stateless
    return kernel;
}

#ifndef __linux__
VhostKernel& system_vhost_kernel() {
    return unsupported_vhost_kernel();
}
#endif

}  // namespace qnetdev
