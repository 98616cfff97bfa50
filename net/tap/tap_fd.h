// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "net/result.h"
#include "net/tap/tun_kernel.h"

namespace net {

/// Name of the interface that the queue belongs to.
Result<std::string> tap_fd_get_ifname(TunKernel& kernel, int fd);

/// Attaches a detached queue. EINVAL on an interface without the multi-queue flag.
Result<void> tap_fd_enable(TunKernel& kernel, int fd);

/// Detaches a queue: it keeps its place but carries no traffic. EINVAL as above.
Result<void> tap_fd_disable(TunKernel& kernel, int fd);

}  // namespace net
