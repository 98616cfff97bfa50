// SPDX-License-Identifier: MIT
#include "net/tap/tap_offload.h"

#include <cerrno>

namespace qnetdev {
namespace {

constexpr Offloads kProbeUfo{.csum = true, .ufo = true};
constexpr Offloads kProbeUso{.csum = true, .uso4 = true, .uso6 = true};  // both, or EINVAL
constexpr Offloads kProbeTunnel{.csum = true, .tso4 = true, .tunnel = true};
constexpr Offloads kProbeAll{
    .csum = true, .tso4 = true, .ufo = true, .uso4 = true, .uso6 = true, .tunnel = true};

/// Whether the kernel takes these, and nothing else is then on; an error if that cannot be told.
Result<bool> accepts(TunKernel& kernel, int fd, const Offloads& offloads) {
    Result<void> outcome = kernel.set_offload(fd, offloads);
    if (outcome) {
        return true;
    }
    if (outcome.error().errnum() == EINVAL) {
        return false;
    }
    return std::move(outcome).error();
}

/// Without those that lack what they build on.
Offloads effective(Offloads offloads) {
    if (!offloads.csum) {
        return {};
    }
    offloads.ecn = offloads.ecn && (offloads.tso4 || offloads.tso6);
    return offloads;
}

Offloads without_uso(Offloads offloads) {
    offloads.uso4 = offloads.uso6 = false;
    return offloads;
}

Offloads without_uso_and_ufo(const Offloads& offloads) {
    Offloads fewer = without_uso(offloads);
    fewer.ufo = false;
    return fewer;
}

}  // namespace

Result<void> tap_reset_offload(TunKernel& kernel, int fd) {
    (void)NET_TRY(accepts(kernel, fd, {}));
    return {};
}

Result<Offloads> tap_probe_offload(TunKernel& kernel, int fd) {
    // Without asking: the tun driver has had these since Linux 2.6.27, longer than it has had
    // queues.
    Offloads supported{.csum = true, .tso4 = true, .tso6 = true, .ecn = true};
    // A current kernel has everything: one call instead of three.
    if (NET_TRY(accepts(kernel, fd, kProbeAll))) {
        supported.ufo = supported.uso4 = supported.tunnel = true;
    } else {
        supported.ufo = NET_TRY(accepts(kernel, fd, kProbeUfo));
        supported.uso4 = NET_TRY(accepts(kernel, fd, kProbeUso));
        supported.tunnel = NET_TRY(accepts(kernel, fd, kProbeTunnel));
    }
    supported.uso6 = supported.uso4;
    supported.tunnel_csum = supported.tunnel;  // Linux has had them since the same release
    NET_TRY(tap_reset_offload(kernel, fd));
    return supported;
}

Result<Offloads> tap_fd_set_offload(TunKernel& kernel, int fd, const Offloads& offloads) {
    if (!NET_TRY(accepts(kernel, fd, {}))) {
        return Offloads{};  // no TUNSETOFFLOAD at all: nothing to turn on
    }
    const Offloads wanted = effective(offloads);
    for (const Offloads& attempt : {wanted, without_uso(wanted), without_uso_and_ufo(wanted)}) {
        if (NET_TRY(accepts(kernel, fd, attempt))) {
            return attempt;
        }
    }
    return Error::from_errno(EINVAL, "TUNSETOFFLOAD");
}

}  // namespace qnetdev
