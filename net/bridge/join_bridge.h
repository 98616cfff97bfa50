// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "net/base/tracer.h"
#include "net/result.h"

namespace qnetdev {

/// An interface that was made a port of a bridge, and how it was before.
struct JoinedPort {
    std::string ifname = {};
    std::string bridge = {};
    unsigned index = 0;
    /// Whether to leave again: false for an interface that vanishes by itself with its last
    /// descriptor, and for one that was in the bridge already.
    bool leave = false;
    std::uint32_t mtu_before = 0;
    bool was_up = false;
};

/// Makes an interface a port of a bridge: MTU of the bridge, member, up. One that is not persistent
/// gets FE as first byte of its address: a bridge takes the lowest address of its ports, and must
/// not change it whenever a VM comes or goes.
///
/// Nothing needs to be permitted if all of that is so already; else CAP_NET_ADMIN. Fails if the
/// bridge is missing, is no bridge or is down (nothing would ever pass), or if the interface
/// belongs to another one. On failure the interface is as it was.
Result<JoinedPort> join_bridge(const std::string& ifname, const std::string& bridge,
                               const Tracer& tracer = {});

/// Puts an interface back as it was before join_bridge(), if it has to be.
Result<void> leave_bridge(const JoinedPort& port, const Tracer& tracer = {});

/// Waits until the bridge forwards what comes from the port.
///
/// Without spanning tree that is at once (bound: 1 s); with it after listening and learning, so
/// that the bound is twice the bridge's forward delay and 1 s. `cancel_fd`: gives up as soon as it
/// can be read; -1: never.
Result<void> await_forwarding(const JoinedPort& port, int cancel_fd, const Tracer& tracer = {});

}  // namespace qnetdev
