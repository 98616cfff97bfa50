// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "net/netdev.h"

/// The steps of net_client_init(), which may be taken on different threads.
namespace net {

/// Fails if a netdev has the id, or one that is being set up.
Result<void> check_id_is_free(const NetContext& context, const std::string& id);

/// Everything that can take long: the group exists, and nobody knows it yet. On any thread.
Result<std::unique_ptr<NetClientGroup>> build_netdev(NetContext& context,
                                                     const qapi::Netdev& netdev,
                                                     const NetInitOptions& options);

/// Starts watching, and registers the group. On the loop's thread.
Result<void> commit(NetContext& context, std::unique_ptr<NetClientGroup> group);

}  // namespace net
