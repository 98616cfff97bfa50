// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>

#include "net/fd_store.h"
#include "net/net_client_group.h"
#include "net/net_context.h"
#include "net/validate/netdev_plan.h"

namespace qnetdev {

/// A row of the table of backends: what this build can do with a type of netdev.
///
/// The rules of the type, and what its plan says, are in net/validate, for types without a row too.
/// What a netdev tells of itself is for the virtual functions of its group and its clients.
struct NetdevBackend {
    qapi::NetClientDriver type;
    /// Whether init() may have to wait; it then runs on a thread of the context's, away from the
    /// loop. Null: it never has to.
    PlanWait (*wait)(const NetdevPlan& plan) = nullptr;
    /// Opens, takes and runs what the plan says, and returns the group of clients, which nobody
    /// knows yet. Whoever drops the group undoes it; on failure nothing is left. `fds` is where the
    /// plan's names are looked up; null: nowhere.
    Result<std::unique_ptr<NetClientGroup>> (*init)(NetContext& context, const NetdevPlan& plan,
                                                    FdStore* fds);
};

/// The whole table.
std::span<const NetdevBackend> netdev_backends();

}  // namespace qnetdev
