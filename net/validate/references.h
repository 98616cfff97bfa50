// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "net/result.h"
#include "qapi/net_types.h"

namespace net {

/// What options may refer to by id.
struct KnownIds {
    std::span<const std::string> netdevs = {};
    std::span<const std::string> chardevs = {};
};

/// The ids that the options refer to and that do not exist: `netdev` of hubport and of a card made
/// by -net, `chardev` of vhost-user. Pure; Stage::validate, as in QEMU.
///
/// QEMU finds these before all else about these types. They are apart from the other rules because
/// only who sees the whole command line, or the running context, knows the ids.
std::vector<Error> validate_references(const qapi::Netdev& netdev, const KnownIds& known);

}  // namespace net
