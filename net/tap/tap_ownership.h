// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "net/result.h"
#include "net/tap/tun_kernel.h"

namespace net {

/// Makes an interface that was made a moment ago, through `fd`, the property of the user we run as.
///
/// Without an owner a multi-queue tap is everybody's who can open /dev/net/tun: they may attach a
/// queue and get its frames (tun_not_capable() in the kernel's drivers/net/tun.c), and so may they
/// with a single-queue one that was made persistent and left. The kernel cannot make a tap that has
/// an owner from its first moment on. So of a multi-queue one it is asked afterwards who has it:
/// once the owner is set nobody else can come in any more, and whoever did before is found by a
/// queue, or by what only a queue can do. What one who is gone again may have left is taken away.
///
/// To be called at once after set_iff(), and before anything is done with the interface. If it
/// fails, the interface is deleted, whoever has it.
Result<void> claim_new_tap(TunKernel& kernel, int fd, const std::string& ifname, bool multi_queue);

}  // namespace net
