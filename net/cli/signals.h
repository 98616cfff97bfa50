// SPDX-License-Identifier: MIT
#pragma once

#include "net/result.h"
#include "net/unique_fd.h"

namespace net::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a readable descriptor, so that a command can stop what it
/// waits for and clean up. Call before any thread exists; for the rest of the process.
Result<UniqueFd> signals_as_fd();

/// Whether one of them has arrived.
bool signal_arrived(const UniqueFd& signals);

}  // namespace net::cli
