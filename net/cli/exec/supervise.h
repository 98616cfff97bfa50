// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <csignal>

#include "net/result.h"

namespace net::cli {

/// How signals were before a command changed them; an exec'ed program gets them back.
struct SignalState {
    sigset_t mask = {};
    struct sigaction child = {};

    static SignalState current();
    void restore() const;
};

/// Waits for a child and passes on to it the signals that ask a program to do something: HUP, INT,
/// QUIT, TERM, USR1, USR2, WINCH. `has_our_terminal`: not those that the terminal sends, which then
/// reach the child by themselves; otherwise it leads a process group, which gets those.
///
/// Call block_forwarded_signals() before the fork. Returns the status to exit with: the child's
/// own, or 128 + N if signal N ended it.
Result<int> await_child(pid_t child, bool has_our_terminal);
Result<void> block_forwarded_signals();

}  // namespace net::cli
