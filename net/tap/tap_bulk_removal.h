// SPDX-License-Identifier: MIT
#pragma once

#include "net/base/fd_reaper.h"
#include "net/tap/tun_kernel.h"

namespace net {

/// Lets the reaper delete the interface of the job's descriptors, which this process opened, with
/// one request for many: the kernel's ~15 ms grace period is then paid once. Whether nobody else
/// uses the interface is asked when it comes to that. `driver` must outlive the job.
void allow_bulk_removal(FdReaper::Job& job, TunKernel& driver);

}  // namespace net
