// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "net/api.h"
#include "net/net_client.h"
#include "net/result.h"

/// What NIC models and embedders see of a tap beyond NetClientState.
///
/// Every function takes a queue client, and fails on one that is no tap.
namespace qnetdev {

/// Whether the client is a queue of a tap (also of a bridge netdev).
QNETDEV_API bool is_tap(const NetClientState& client);

/// The queue's descriptor, still owned by the client: it is closed when the netdev goes. -1 on one
/// that is no tap.
QNETDEV_API int tap_get_fd(const NetClientState& client);

/// Attaches or detaches one queue of a multi-queue interface, as a guest changes its queue count.
/// Nothing if it is so already. Fails on a single-queue interface; the state is then kept.
QNETDEV_API Result<void> tap_enable(NetClientState& client);
QNETDEV_API Result<void> tap_disable(NetClientState& client);

/// What exists now, read from the kernel where it can be.
struct TapState {
    int fd = -1;
    std::string ifname = {};
    bool multi_queue = false;
    bool enabled = true;
    bool vnet_hdr = false;
    int vnet_hdr_len = 0;              ///< Bytes on the host's side; 0 without header.
    int sndbuf = 0;                    ///< Bytes; INT_MAX is unlimited, 0 unknown (macvtap).
    Offloads offloads = {};            ///< Set now, through whichever queue.
    Offloads supported_offloads = {};  ///< Those that could be.
    std::string script = {};           ///< Of this queue; "no" if none.
    std::string downscript = {};       ///< The same.
    bool vhost = false;                ///< It has a vhost-net device: see VnetBackend::vhost().
};
QNETDEV_API Result<TapState> tap_query(const NetClientState& client);

}  // namespace qnetdev
