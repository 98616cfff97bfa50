// SPDX-License-Identifier: MIT
#pragma once

#include "net/result.h"

namespace qnetdev::cli {

/// Moves this process, which must have one thread, into a network namespace of its own.
///
/// Without root a user namespace is made around it, in which the caller is root. Nothing that is
/// done to interfaces then touches the host, and all of it vanishes with the process.
Result<void> enter_private_namespace();

}  // namespace qnetdev::cli
