// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include "net/result.h"

namespace qnetdev::cli {

/// Waits for a child and passes on to it the signals that ask a program to do something: HUP, INT,
/// QUIT, TERM, USR1, USR2, WINCH. `has_our_terminal`: not those that the terminal sends, which then
/// reach the child by themselves; otherwise it leads a process group, which gets those.
///
/// Call block_forwarded_signals() before the fork. Returns the status to exit with: the child's
/// own, or 128 + N if signal N ended it.
Result<int> await_child(pid_t child, bool has_our_terminal);
Result<void> block_forwarded_signals();

}  // namespace qnetdev::cli
