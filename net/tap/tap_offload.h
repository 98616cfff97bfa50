// SPDX-License-Identifier: MIT
#pragma once

#include "net/result.h"
#include "net/tap/tun_kernel.h"
#include "net/vnet_backend.h"

namespace net {

/// Which optional offloads the kernel has for an interface. The same for all of its queues.
struct TapOffloadSupport {
    bool ufo = false;
    bool uso = false;
    bool tunnel = false;
};

/// Finds out what the kernel offers, and leaves every offload off.
///
/// Costs the kernel more than the rest of a bring-up, because it tells everybody that the
/// interface's features change. EINVAL means "does not know it". Any other errno is a failure: it
/// says nothing about offloads.
Result<TapOffloadSupport> tap_probe_offload(TunKernel& kernel, int fd);

/// Turns every offload off: an interface that existed before may have some from its last user.
/// EINVAL means that it has none.
Result<void> tap_reset_offload(TunKernel& kernel, int fd);

/// Turns on what was negotiated, as far as the kernel goes along; returns the bits now set.
///
/// Older kernels refuse masks with bits they do not know, so the request is retried without USO,
/// then also without UFO. Fails only if even that is refused; then all offloads are off.
Result<unsigned> tap_fd_set_offload(TunKernel& kernel, int fd, const Offloads& offloads);

/// What TUN_F_* bits stand for.
Offloads tap_offloads_of(unsigned mask);

}  // namespace net
