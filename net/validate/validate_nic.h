// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/options.h"
#include "qapi/net_types.h"

namespace net {

/// Every rule that the options of a card made by -net break, in QEMU's order.
/// Pure. Whether `netdev` exists is for validate_references(); the model is the machine's
/// affair.
std::vector<Error> validate_nic(const qapi::NetLegacyNicOptions& nic);

/// The same for the card of -nic. QEMU looks at it before the backend; without a backend (`none`)
/// there is no card either, and nothing is looked at.
std::vector<Error> validate_nic_card(const ParsedNic& nic);

}  // namespace net
