// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "net/fd_store.h"
#include "net/result.h"
#include "net/tap/tap_group.h"
#include "net/validate/netdev_plan.h"

/// The tap pipeline: from a plan to a group of queue clients.
///
/// net_init_tap() and net_init_bridge() are its entries; docs/ARCHITECTURE.md draws the graph, and
/// scripts/check-pipeline.py holds the compiled code against the drawing. Every function adds what
/// it opens to `build.group`, so that whoever drops the group undoes all of it.
namespace qnetdev {

/// One bring-up in progress.
struct TapBuild {
    NetContext& context;
    TapGroup& group;
    const TapPlan& plan;
    /// The descriptors that a monitor was given; null: names mean nothing.
    FdStore* fds = nullptr;
    /// Whether the queues have a header; set by the first, the same for all.
    std::optional<bool> vnet_hdr = {};
};

/// Follows the plan of a tap to where its queues come from, and owns nothing itself.
Result<std::unique_ptr<NetClientGroup>> net_init_tap(NetContext& context, const NetdevPlan& netdev,
                                                     FdStore* fds);

/// Whether it may take long to set a tap or bridge netdev up.
PlanWait tap_wait(const NetdevPlan& netdev);

/// `fds=`: one queue for each descriptor.
Result<void> net_init_tap_fds(TapBuild& build, const PassedFds& passed);

/// Number or name to descriptor, then a client. `option` is for messages.
Result<void> net_tap_from_monitor_fd(TapBuild& build, std::string_view option, const FdRef& ref);

/// Opens all queues by name, and runs the up script with the first.
Result<void> net_tap_open(TapBuild& build, const ByName& source);
/// The next queue of the group.
Result<void> net_tap_open_one(TapBuild& build, const ByName& source);

/// Runs a helper and takes the descriptors it sends: `helper=` of a tap, and the `bridge` netdev.
Result<void> net_init_bridge(TapBuild& build, const FromHelper& source);
/// The `bridge` netdev: its group around net_init_bridge(). It needs no descriptors.
Result<std::unique_ptr<NetClientGroup>> net_init_bridge_netdev(NetContext& context,
                                                               const NetdevPlan& netdev,
                                                               FdStore* fds);

/// Takes a descriptor from outside: proves it is a tap before touching its flags, makes it
/// non-blocking, and insists on the same header in all queues.
Result<void> net_tap_fd_init_external(TapBuild& build, TapFd fd);

/// One client from one queue: header length, offloads, send buffer, vhost.
Result<void> net_tap_fd_init_common(TapBuild& build, TapQueue queue);

/// Opens or takes a vhost-net device for each queue that the plan wants one for. It comes before
/// anything that others can see, since a refusal is fatal.
Result<void> net_tap_open_vhost(TapBuild& build);

/// Fails if the devices cannot serve a tap with, or without, a virtio-net header.
Result<void> check_vhost_header(const TapBuild& build, bool has_vnet_hdr);

/// Gives a queue the device that was opened for it, if any.
Result<void> net_tap_setup_vhost(TapBuild& build, TapClient& client);

/// The descriptor that the options mean: one of a monitor's, or one that the user lends.
Result<TapFd> take_descriptor(TapBuild& build, const FdRef& ref);

/// Whether there are all that the options name: one that is missing must not cost the others
/// theirs.
Result<void> check_descriptor_names(TapBuild& build);

}  // namespace qnetdev
