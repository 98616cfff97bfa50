// SPDX-License-Identifier: MIT
#pragma once

#include "net/result.h"

/// Keeping a command from typing into the terminal that it was started from: the shell there would
/// take it for its user's words once the command has ended.
namespace qnetdev::cli {

/// What the command gets of the terminal: --new-session auto, on and off.
enum class TerminalUse {
    guarded,   ///< It stays, but typing into it is forbidden if privileges are dropped.
    detached,  ///< A session of its own, without the terminal.
    shared,    ///< All of it.
};

/// Whether this process has a controlling terminal. True also where that cannot be told.
bool has_terminal();

/// Makes TIOCSTI and TIOCLINUX fail with EPERM for this thread and all that it starts, for good and
/// under every ABI that the kernel has (one without such a rule kills its caller). Everything else
/// works as before. Verified.
///
/// Needs no_new_privs or CAP_SYS_ADMIN, and a kernel with seccomp filters.
Result<void> forbid_typing();

/// setsid(2): fails for the leader of a process group, as which a shell starts a program.
Result<void> leave_terminal();

}  // namespace qnetdev::cli
