// SPDX-License-Identifier: MIT
#pragma once

#include "net/bridge_helper/acl.h"
#include "net/bridge_helper/arguments.h"
#include "net/bridge_helper/caller.h"
#include "net/bridge_helper/refusal.h"
#include "net/netlink/link.h"

namespace net::helper {

/// How many taps on one bridge a caller may have. They cost the kernel memory that nobody is
/// charged for, and whoever has one can make it persistent: so what counts is what is there, and
/// not what some process holds. Root needs no helper to have more, and is not limited.
struct PortLimit {
    const Caller& caller;
    const Acl& acl;
    const Arguments& request;
    const LinkInfo& bridge;
};

/// Fails if there are too many with `more` new ones. Before a tap is made: 1. When it is the
/// caller's: 0, because it counts by then, as does what another run has made at the same time.
[[nodiscard]] bool check_port_limit(const PortLimit& limit, unsigned more, Refusal& why);

}  // namespace net::helper
