// SPDX-License-Identifier: MIT
#include "net/vnet_backend.h"

#include <bit>
#include <cerrno>
#include <string_view>

namespace qnetdev {
namespace {

Error unsupported(std::string_view what) {
    return Error::from_errno(ENOSYS, what);
}

}  // namespace

VnetBackend::~VnetBackend() = default;

VnetBackend& VnetBackend::none() {
    static VnetBackend none;
    return none;
}

Result<void> VnetBackend::set_vnet_hdr_len(std::size_t) {
    return unsupported("vnet header");
}
Result<void> VnetBackend::set_vnet_le(bool) {
    return unsupported("little-endian vnet header");
}
Result<void> VnetBackend::set_vnet_be(bool) {
    return unsupported("big-endian vnet header");
}
Result<void> VnetBackend::set_steering_ebpf(int) {
    return unsupported("steering program");
}

Result<void> net_set_vnet_le(VnetBackend& backend, bool enable) {
    if constexpr (std::endian::native == std::endian::little) {
        return {};
    }
    return backend.set_vnet_le(enable);
}

Result<void> net_set_vnet_be(VnetBackend& backend, bool enable) {
    if constexpr (std::endian::native == std::endian::big) {
        return {};
    }
    return backend.set_vnet_be(enable);
}

}  // namespace qnetdev
