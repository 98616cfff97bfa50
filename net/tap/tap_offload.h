// SPDX-License-Identifier: MIT
#pragma once

#include "net/result.h"
#include "net/tap/tun_kernel.h"
#include "net/vnet_backend.h"

namespace qnetdev {

/// Finds out which offloads the kernel has for an interface, the same for all of its queues, and
/// leaves every one off.
///
/// Costs the kernel more than the rest of a bring-up, because it tells everybody that the
/// interface's features change. EINVAL means "does not know it". Any other errno is a failure: it
/// says nothing about offloads.
Result<Offloads> tap_probe_offload(TunKernel& kernel, int fd);

/// Turns every offload off: an interface that existed before may have some from its last user.
/// EINVAL means that it has none.
Result<void> tap_reset_offload(TunKernel& kernel, int fd);

/// Turns on what was negotiated, as far as the kernel goes along; returns those that are now set.
///
/// Older kernels refuse sets with an offload that they do not know, so the request is retried
/// without USO, then also without UFO. Fails only if even that is refused; then all are off.
Result<Offloads> tap_fd_set_offload(TunKernel& kernel, int fd, const Offloads& offloads);

}  // namespace qnetdev
