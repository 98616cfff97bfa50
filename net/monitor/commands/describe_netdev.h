// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "net/net_client_group.h"
#include "net/result.h"
#include "qapi/extensions_types.h"

namespace qnetdev {

/// What query-netdev tells of a netdev, read from the kernel where it can be.
qapi::NetdevInfo describe_netdev(const NetClientGroup& group);

/// The same of one that is being set up.
qapi::NetdevInfo describe_starting(const std::string& id, const NetdevDescription& description);

/// What is wrong with a netdev, as programs are told: in the answer of netdev_check, by
/// `qnetdev check --json`, and in a batch.
qapi::NetdevFinding describe_finding(const Error& error);

}  // namespace qnetdev
