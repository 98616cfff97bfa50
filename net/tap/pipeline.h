// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/base/fd_flags.h"
#include "net/netdev_origin.h"
#include "net/result.h"
#include "net/tap/tap_group.h"
#include "net/tap/tap_open.h"
#include "qapi/net_types.h"

/// The tap pipeline: from validated options to a group of queue clients.
///
/// net_init_tap() and net_init_bridge() are its entries; docs/ARCHITECTURE.md draws the graph, and
/// scripts/check-pipeline.py holds the compiled code against the drawing. Every function adds what
/// it opens to `build.group`, so that whoever drops the group undoes all of it.
namespace net {

/// One bring-up in progress.
struct TapBuild {
    NetContext& context;
    TapGroup& group;
    /// Null for a `bridge` netdev, which has none of these options.
    const qapi::NetdevTapOptions* tap = nullptr;
    FdStore* fds = nullptr;
    /// Whether the queues have a header; set by the first, the same for all.
    std::optional<bool> vnet_hdr = {};
};

/// A descriptor with what its interface is known to be.
struct TapEndpoint {
    TapFd fd = {};
    std::string ifname = {};
    bool vnet_hdr = false;
    bool fresh = false;  ///< Just opened by us: the tun driver's defaults still hold.
    FdFlags flags_before = {};
};

/// Validates, chooses where the queues come from, and owns nothing itself.
Result<std::unique_ptr<NetClientGroup>> net_init_tap(NetContext& context,
                                                     const qapi::Netdev& netdev,
                                                     const NetInitOptions& options);

/// `fds=`: one queue for each entry, with the entry of `vhostfds` of the same place.
Result<void> net_init_tap_fds(TapBuild& build);

/// Number or name to descriptor, then a client. `vhostfd` may be empty.
Result<void> net_tap_from_monitor_fd(TapBuild& build, const char* option, std::string_view name,
                                     std::string_view vhostfd);

/// Opens all queues by name, and runs the up script with the first.
Result<void> net_tap_open(TapBuild& build);
Result<void> net_tap_open_one(TapBuild& build, TapOpenOptions& options);

/// Runs a helper and takes the descriptor it sends: `helper=` of a tap, and the `bridge` netdev.
Result<void> net_init_bridge(TapBuild& build);
/// The `bridge` netdev: its group around net_init_bridge().
Result<std::unique_ptr<NetClientGroup>> net_init_bridge_netdev(NetContext& context,
                                                               const qapi::Netdev& netdev,
                                                               const NetInitOptions& options);

/// Takes a descriptor from outside: proves it is a tap before touching its flags, makes it
/// non-blocking, and insists on the same header in all queues.
Result<void> net_tap_fd_init_external(TapBuild& build, TapFd fd, std::string_view vhostfd);

/// One client from one descriptor: header length, offloads, send buffer, vhost.
Result<void> net_tap_fd_init_common(TapBuild& build, TapEndpoint endpoint,
                                    std::string_view vhostfd);

/// Starts vhost for a queue if the options want it.
Result<void> net_tap_setup_vhost(TapBuild& build, TapClient& client, std::string_view vhostfd);

}  // namespace net
