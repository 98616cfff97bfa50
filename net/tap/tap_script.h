// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "net/base/tracer.h"
#include "net/log.h"
#include "net/result.h"

namespace qnetdev {

/// A network script: a program run without a shell as `PATH IFNAME`.
struct TapScript {
    std::string option = {};  ///< "script" or "downscript", for messages.
    std::string path = {};
    std::string ifname = {};
    int fd = -1;  ///< The tap's queue 0, which the script inherits at that number.
    std::chrono::milliseconds timeout{};
    Tracer tracer = {};
};

/// Runs the script and waits for it, at most `timeout` and until `cancel_fd` (-1: none) is
/// readable.
///
/// Success is exit status 0; what it printed then goes to the log as info. On failure the error
/// says how it ended and what it printed; the script and its process group are dead, or it says who
/// is not.
Result<void> run_tap_script(const TapScript& script, int cancel_fd, const Log& log);

/// The same for a script that is owed, and that nobody can interrupt: if there is no room for one
/// more process or its descriptors, it is tried again until its time is up.
Result<void> run_owed_tap_script(const TapScript& script, const Log& log);

}  // namespace qnetdev
