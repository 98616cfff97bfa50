// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "net/base/tracer.h"
#include "net/result.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tun_kernel.h"

namespace qnetdev {

struct TapOpenOptions {
    std::string ifname = {};            ///< Empty: the kernel picks "tapN". May hold one "%d".
    std::optional<bool> vnet_hdr = {};  ///< Unset: used if the kernel offers it.
    bool multi_queue = false;           ///< The interface shall have more than one queue.
    /// What get_features() said for an earlier queue of the interface, which exists then; unset:
    /// ask, and make the interface if it is missing.
    std::optional<unsigned> features = {};
    /// Index of the macvtap or ipvtap that `ifname` is known to be; 0: not known to be one.
    unsigned macvtap_index = 0;
    Tracer tracer = {};  ///< For what is asked to explain a failure.
};

/// Why opening the tun device failed, as advice; empty if the errno says it all.
std::string explain_open_failure(int errnum);

/// Why TUNSETIFF failed, as advice; looks at the interface of that name. Empty if unknown.
std::string explain_set_iff_failure(int errnum, const std::string& ifname, bool multi_queue,
                                    const Tracer& tracer = {});

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
/// fails, or says false, the interface is deleted, whoever has it. False: a stranger had got in,
/// and nothing stands in the way of making it anew.
Result<bool> claim_new_tap(TunKernel& kernel, int fd, const std::string& ifname, bool multi_queue);

/// Opens one queue of a tap interface, creating the interface if it is missing.
///
/// A new interface belongs to the user we run as (claim_new_tap()); of one that exists the owner is
/// left as it is. A multi-queue tap with queues in use keeps its header too: fails if the other is
/// demanded.
///
/// An existing macvtap or ipvtap is opened through its own device, once the tun driver has said
/// that the name is none of its own: no price for those who have a tap. Fails if the kernel
/// refuses, or lacks what is demanded (`vnet_hdr` on, `multi_queue`). Leaves nothing behind on
/// failure. The error's hint says what stands in the way, as far as a look at the interface tells.
Result<TapQueue> tap_open(TunKernel& kernel, const TapOpenOptions& options);

}  // namespace qnetdev
