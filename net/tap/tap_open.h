// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "net/base/tracer.h"
#include "net/result.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tun_kernel.h"

namespace net {

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

}  // namespace net
