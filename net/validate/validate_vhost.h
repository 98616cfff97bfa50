// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/netdev_origin.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that vhost-user options break. Pure. Whether `chardev`
/// exists is for validate_references(), whether it is a socket for the host.
std::vector<Error> validate_vhost_user(const qapi::NetdevVhostUserOptions& vhost);

/// Every rule that vhost-vdpa options break. Pure.
std::vector<Error> validate_vhost_vdpa(const qapi::NetdevVhostVDPAOptions& vdpa,
                                       NetdevOrigin origin);

}  // namespace net
