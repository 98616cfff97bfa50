// SPDX-License-Identifier: MIT
#pragma once

#include "net/result.h"
#include "qapi/net_types.h"

namespace net::cli {

/// What --no-scripts means for a tap or bridge in somebody else's words: fails if it names a script
/// or helper, and switches the default scripts off. The default helper is left: it has a mind of
/// its own about who may join what.
Result<void> forbid_scripts(qapi::Netdev& netdev);

}  // namespace net::cli
