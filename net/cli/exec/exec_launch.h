// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "net/cli/exec/exec_plan.h"
#include "net/cli/exec/exec_privileges.h"
#include "net/cli/exec/exec_taps.h"
#include "net/cli/exec/terminal_guard.h"
#include "net/cli/signals.h"

/// Turning this process, or a child of it, into the command.
namespace qnetdev::cli {

/// Exit status when the command could not be run, as env(1) has them.
enum RunStatus : int { command_not_executable = 126, command_not_found = 127 };

/// Who started us when we were started, to notice if they have gone meanwhile.
struct Launch {
    const ExecPlan& plan;
    const Privileges& privileges;
    const InheritedSignals& signals;  ///< What the command gets back.
    pid_t parent = 0;
    bool die_with_parent = false;
    TerminalUse terminal = TerminalUse::guarded;
};

/// 0 if the program can be found and executed, else the status to exit with; reported then.
int check_program(const std::string& name);

/// Becomes the command. Returns only the status to exit with if that failed; it is reported, and
/// the descriptors are no longer what `open` thinks, so call _exit().
int become_command(const Launch& launch, const OpenTaps& open);

/// Runs the command as a child and returns its status.
int run_supervised(Launch launch, const OpenTaps& open);

}  // namespace qnetdev::cli
