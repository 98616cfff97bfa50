// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "net/net_client_group.h"
#include "qapi/extensions_types.h"

namespace net {

/// What query-netdev tells of a netdev, read from the kernel where it can be.
qapi::NetdevInfo describe_netdev(const NetClientGroup& group);

/// The same of one that is being set up.
qapi::NetdevInfo describe_starting(const std::string& id, const NetdevDescription& description);

}  // namespace net
