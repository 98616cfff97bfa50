// SPDX-License-Identifier: MIT
#include "net/tap/tap_offload.h"

#include <array>
#include <cerrno>

namespace net {
namespace {

using namespace tun_offload;

constexpr unsigned kProbeUfo = kCsum | kUfo;
constexpr unsigned kProbeUso = kCsum | kUso4 | kUso6;  // both, or EINVAL
constexpr unsigned kProbeTunnel = kCsum | kTso4 | kTunnel;

/// Whether the kernel takes the mask; an error if that cannot be told.
Result<bool> accepts(TunKernel& kernel, int fd, unsigned mask) {
    Result<void> outcome = kernel.set_offload(fd, mask);
    if (outcome) {
        return true;
    }
    if (outcome.error().errnum() == EINVAL) {
        return false;
    }
    return std::move(outcome).error();
}

unsigned to_mask(const Offloads& offloads) {
    if (!offloads.csum) {
        return 0;  // every other offload builds on checksums
    }
    const auto bit = [](bool on, unsigned mask) { return on ? mask : 0U; };
    return kCsum | bit(offloads.tso4, kTso4) | bit(offloads.tso6, kTso6) |
           bit(offloads.ecn && (offloads.tso4 || offloads.tso6), kTsoEcn) |
           bit(offloads.ufo, kUfo) | bit(offloads.uso4, kUso4) | bit(offloads.uso6, kUso6) |
           bit(offloads.tunnel, kTunnel) | bit(offloads.tunnel_csum, kTunnelCsum);
}

}  // namespace

Result<void> tap_reset_offload(TunKernel& kernel, int fd) {
    (void)NET_TRY(accepts(kernel, fd, 0));
    return {};
}

Result<TapOffloadSupport> tap_probe_offload(TunKernel& kernel, int fd) {
    TapOffloadSupport support;
    // A current kernel has everything: one call instead of three.
    if (NET_TRY(accepts(kernel, fd, kProbeUfo | kProbeUso | kProbeTunnel))) {
        support = {.ufo = true, .uso = true, .tunnel = true};
    } else {
        support.ufo = NET_TRY(accepts(kernel, fd, kProbeUfo));
        support.uso = NET_TRY(accepts(kernel, fd, kProbeUso));
        support.tunnel = NET_TRY(accepts(kernel, fd, kProbeTunnel));
    }
    NET_TRY(tap_reset_offload(kernel, fd));
    return support;
}

Result<unsigned> tap_fd_set_offload(TunKernel& kernel, int fd, const Offloads& offloads) {
    if (!NET_TRY(accepts(kernel, fd, 0))) {
        return 0U;  // no TUNSETOFFLOAD at all: nothing to turn on
    }
    const unsigned wanted = to_mask(offloads);
    const std::array<unsigned, 3> attempts{wanted, wanted & ~(kUso4 | kUso6),
                                           wanted & ~(kUso4 | kUso6 | kUfo)};
    for (const unsigned mask : attempts) {
        if (NET_TRY(accepts(kernel, fd, mask))) {
            return mask;
        }
    }
    return Error::from_errno(EINVAL, "TUNSETOFFLOAD");
}

Offloads tap_offloads_of(unsigned mask) {
    const auto has = [mask](unsigned bit) { return (mask & bit) != 0; };
    return {.csum = has(kCsum),
            .tso4 = has(kTso4),
            .tso6 = has(kTso6),
            .ecn = has(kTsoEcn),
            .ufo = has(kUfo),
            .uso4 = has(kUso4),
            .uso6 = has(kUso6),
            .tunnel = has(kTunnel),
            .tunnel_csum = has(kTunnelCsum)};
}

}  // namespace net
