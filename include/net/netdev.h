// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/api.h"
#include "net/fd_store.h"
#include "net/net_client_group.h"
#include "net/net_context.h"
#include "net/netdev_origin.h"
#include "net/result.h"
#include "qapi/net_types.h"

namespace qnetdev {

/// A context on the real tun driver. `loop` must outlive it.
QNETDEV_API std::unique_ptr<NetContext> net_context_create(EventLoop& loop,
                                                           NetContextOptions options = {});

/// Every rule that the options break, in QEMU's order; empty if they are fine.
///
/// Pure: no side effect, no system call, no context.
QNETDEV_API std::vector<Error> net_validate(const qapi::Netdev& netdev, NetdevOrigin origin);

/// Validates the options and brings the netdev up: opens queues, takes descriptors, runs scripts
/// or the helper, and registers the group under its id as the very last step. Returns the group,
/// which is never null and belongs to the context: it goes with net_client_del() or the context.
///
/// On failure nothing is left: no registry entry at once, and no descriptor, interface or child as
/// soon as the context's reaper is done; a down script is run if its up script had completed.
/// Descriptors named by number stay open and the caller's; descriptors taken from the FdStore are
/// closed. Blocks while a script or helper runs, at most NetContextOptions::script_timeout for
/// each, and until the bridge of a tap's `br` forwards: 1 s, and with spanning tree twice its
/// forward delay more.
QNETDEV_API Result<NetClientGroup*> net_client_init(NetContext& context, const qapi::Netdev& netdev,
                                                    const NetInitOptions& options = {});

/// The netdev of that id; never null. Fails with device_not_found if there is none.
QNETDEV_API Result<NetClientGroup*> net_client_find(NetContext& context, std::string_view id);

/// What became of a netdev: its group, never null. Called on the loop's thread.
using NetInitDone = std::function<void(Result<NetClientGroup*> outcome)>;

/// The same for a loop that must not be held up: what may have to wait (a script, a helper, an
/// interface that is just being removed, many queues) is done on a thread, and `done` is called
/// when the netdev is registered or has failed. What need not wait is done before this returns,
/// and so is the call of `done`.
///
/// Until then the id is taken. `options.fds` must live as long; a context that is destroyed
/// undoes what is being set up, and does not call `done`.
QNETDEV_API void net_client_init_async(NetContext& context, qapi::Netdev netdev,
                                       const NetInitOptions& options, NetInitDone done);

/// Removes a netdev, as netdev_del does: the id is free at once, the slow part (down script, close)
/// happens on the context's reaper. Fails with device_not_found if there is no such netdev.
QNETDEV_API Result<void> net_client_del(NetContext& context, std::string_view id);

struct NetCleanupOptions {
    /// As NetContextOptions::exclusive_interfaces, for this removal.
    bool exclusive = false;
};

/// Removes every netdev of the context, newest first, and waits until all is closed; bounded by
/// NetContextOptions::script_timeout for down scripts.
QNETDEV_API void net_cleanup(NetContext& context, const NetCleanupOptions& options = {});

/// Sets the link of a netdev or NIC, as set_link does. Fails with device_not_found.
QNETDEV_API Result<void> net_set_link(NetContext& context, std::string_view name, bool up);

/// Makes the next queue of a NIC; its name has to be the NIC's id.
using MakeNicQueue = std::function<std::unique_ptr<NetClientState>(std::size_t queue)>;

/// A NIC of that many queues, each made by `make`, to be given to net_nic_attach().
QNETDEV_API std::unique_ptr<NetClientGroup> net_nic_create(std::string id, std::size_t queues,
                                                           const MakeNicQueue& make);

/// Adds a NIC to the context and attaches it to a netdev, queue by queue. Returns the NIC, never
/// null. Fails, and destroys the NIC, if the group is no NIC or has no queue, if there is no such
/// netdev, or if that has a NIC already or fewer queues than the NIC.
QNETDEV_API Result<NetClientGroup*> net_nic_attach(NetContext& context,
                                                   std::unique_ptr<NetClientGroup> nic,
                                                   std::string_view netdev_id);
/// Removes a NIC; the netdev stays and can be taken by another.
QNETDEV_API Result<void> net_nic_detach(NetContext& context, std::string_view nic_id);

/// The lines of `info network`.
QNETDEV_API std::vector<std::string> net_info(const NetContext& context);

}  // namespace qnetdev
