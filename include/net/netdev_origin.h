// SPDX-License-Identifier: MIT
#pragma once

namespace qnetdev {

class FdStore;

/// Where a netdev's options came from; some rules depend on it.
enum class NetdevOrigin {
    command_line,  ///< -netdev, -nic: descriptors are numbers.
    monitor,       ///< netdev_add: descriptors may be names that getfd knows.
    net_option,    ///< -net: the backend sits on a hub, which has room for one queue.
};

struct NetInitOptions {
    NetdevOrigin origin = NetdevOrigin::command_line;
    /// The monitor's named descriptors; may be null where `origin` is not `monitor`.
    FdStore* fds = nullptr;
};

}  // namespace qnetdev
