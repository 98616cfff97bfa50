// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "net/netdev.h"
#include "net/validate/validate.h"

/// The steps of net_client_init(), which may be taken on different threads.
namespace qnetdev {

/// What is to be set up, and what queries will tell of it.
struct NetdevOrder {
    NetdevPlan plan = {};
    NetdevDescription description = {};
    FdStore* fds = nullptr;  ///< Where the plan's names are looked up; null: nowhere.
};

/// Fails if a netdev has the id, or one that is being set up.
Result<void> check_id_is_free(const NetContext& context, const std::string& id);

PlanDefaults plan_defaults(const NetContextOptions& settings);

/// What queries show of the options.
NetdevDescription describe_netdev(const qapi::Netdev& netdev);

/// Fails with the first rule that the options break.
Result<NetdevOrder> order_netdev(const NetContext& context, const qapi::Netdev& netdev,
                                 const NetInitOptions& options);

/// Everything that can take long: the group exists, and nobody knows it yet. On any thread.
Result<std::unique_ptr<NetClientGroup>> build_netdev(NetContext& context, const NetdevOrder& order);

/// Both steps: build and commit. Fails if the id is taken.
Result<NetClientGroup*> carry_out(NetContext& context, const NetdevOrder& order);

/// Starts watching, and registers the group. On the loop's thread.
Result<NetClientGroup*> commit(NetContext& context, std::unique_ptr<NetClientGroup> group);

}  // namespace qnetdev
