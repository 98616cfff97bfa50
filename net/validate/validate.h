// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/netdev_origin.h"
#include "net/options.h"
#include "net/result.h"
#include "net/validate/netdev_plan.h"
#include "qapi/net_types.h"

/// From options to a plan: every rule of every type. Pure: no side effect, no system call.
namespace qnetdev {

/// What options stand for that are not given, where an embedder may choose it.
struct PlanDefaults {
    std::string script = {};  ///< Of a tap opened by name; empty: none is run.
    std::string downscript = {};
    std::string helper = {};  ///< Of a `bridge` netdev.
};

/// What validation found: a plan, or what is wrong.
struct Validation {
    std::optional<NetdevPlan> plan = {};  ///< Present if, and only if, nothing is broken.
    std::vector<Error> broken = {};       ///< Every rule that the options break, in QEMU's order.
};

/// Limits of the system (Stage::host) come behind the rules, because QEMU meets them later or not
/// at all. The types none and nic are refused where they are no backend: everywhere, but nic not
/// with -net.
Validation validate_netdev(const qapi::Netdev& netdev, NetdevOrigin origin,
                           const PlanDefaults& defaults = {});

/// The same rules for whoever wants no plan.
std::vector<Error> broken_rules(const qapi::Netdev& netdev, NetdevOrigin origin);

/// Every rule that the card of -nic breaks. QEMU looks at it before the backend; without a backend
/// (`none`) there is no card either, and nothing is looked at.
std::vector<Error> validate_nic_card(const ParsedNic& nic);

/// What options may refer to by id.
struct KnownIds {
    std::span<const std::string> netdevs = {};
    std::span<const std::string> chardevs = {};
};

/// The ids that the options refer to and that do not exist: `netdev` of hubport and of a card made
/// by -net, `chardev` of vhost-user. Stage::validate, as in QEMU.
///
/// QEMU finds these before all else about these types. They are apart from the other rules because
/// only who sees the whole command line, or the running context, knows the ids.
std::vector<Error> validate_references(const qapi::Netdev& netdev, const KnownIds& known);

}  // namespace qnetdev
