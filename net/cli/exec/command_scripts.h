// SPDX-License-Identifier: MIT
#pragma once

#include "net/cli/exec/command_netdevs.h"
#include "net/result.h"

namespace net::cli {

/// What --no-scripts means for a tap or bridge in somebody else's words: fails if it names a script
/// or helper, and takes the default scripts out of its plan. The default helper is left: it has a
/// mind of its own about who may join what.
Result<void> forbid_scripts(TapRequest& request);

}  // namespace net::cli
