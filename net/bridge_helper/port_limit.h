// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include "net/bridge_helper/acl.h"
#include "net/bridge_helper/arguments.h"
#include "net/bridge_helper/caller.h"
#include "net/bridge_helper/refusal.h"
#include "net/netlink/link.h"

namespace qnetdev::helper {

/// What is noted at a port for whom it was made, as its alias: "qnetdev-bridge-helper uid=4001".
/// Only CAP_NET_ADMIN can change it. The owner of a tap is no such note: whoever has a descriptor
/// of it can make anybody its owner (TUNSETOWNER), so that it would count as another user's.
InterfaceAlias port_note(uid_t user);

/// How many taps on one bridge a caller may have. They cost the kernel memory that nobody is
/// charged for, and whoever has one can make it persistent: so what counts is what is there, and
/// not what some process holds. Ports without a note, made by an administrator or by another
/// helper, are nobody's. Root needs no helper to have more, and is not limited.
struct PortLimit {
    const Caller& caller;
    const Acl& acl;
    const Arguments& request;
    const LinkInfo& bridge;
};

/// Fails if there are too many with `more` new ones. Before a tap is made: 1. When it is in the
/// bridge: 0, because it counts by then, as does what another run has made at the same time.
[[nodiscard]] bool check_port_limit(const PortLimit& limit, unsigned more, Refusal& why);

}  // namespace qnetdev::helper
