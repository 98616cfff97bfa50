// SPDX-License-Identifier: MIT
#include "net/tap/tun_kernel.h"

namespace qnetdev {
namespace {

class UnsupportedTunKernel : public TunKernel {
public:
    Result<UniqueFd> open_tun() override { return unsupported(); }
    Result<UniqueFd> open_macvtap(unsigned) override { return unsupported(); }
    Result<unsigned> interface_index(const std::string&) override { return unsupported(); }
    Result<unsigned> get_features(int) override { return unsupported(); }
    Result<std::string> set_iff(int, const std::string&, unsigned) override {
        return unsupported();
    }
    Result<TunInterface> get_iff(int) override { return unsupported(); }
    Result<void> set_owner(int, unsigned) override { return unsupported(); }
    Result<LinkInfo> get_link(const std::string&) override { return unsupported(); }
    Result<void> reset_shared(int, TunShared) override { return unsupported(); }
    Result<void> delete_interface(unsigned) override { return unsupported(); }
    bool is_in_our_namespace(int) override { return false; }
    Result<int> get_sndbuf(int) override { return unsupported(); }
    Result<void> set_sndbuf(int, int) override { return unsupported(); }
    Result<void> set_offload(int, const Offloads&) override { return unsupported(); }
    Result<int> get_vnet_hdr_size(int) override { return unsupported(); }
    Result<void> set_vnet_hdr_size(int, int) override { return unsupported(); }
    Result<void> set_vnet_le(int, bool) override { return unsupported(); }
    Result<void> set_vnet_be(int, bool) override { return unsupported(); }
    Result<void> set_queue(int, bool) override { return unsupported(); }
    Result<void> set_steering_ebpf(int, int) override { return unsupported(); }

private:
    static Error unsupported() {
        return Error("tap interfaces need Linux: this system has no tun driver that we know");
    }
};

}  // namespace

TunKernel& unsupported_tun_kernel() {
    static UnsupportedTunKernel kernel;  // stateless
    return kernel;
}

#ifndef __linux__
TunKernel& system_tun_kernel() {
    return unsupported_tun_kernel();
}
#endif

}  // namespace qnetdev
