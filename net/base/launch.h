// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// What a child that has not reached its program yet uses of our memory.
struct LaunchPad;

/// Frees it, but not from under a child that may still use it: one that hangs in the kernel and is
/// given up is worth those bytes.
struct LaunchPadDeleter {
    void operator()(LaunchPad* pad) const noexcept;
};

using LaunchPadPtr = std::unique_ptr<LaunchPad, LaunchPadDeleter>;

/// A child: on its way to its program, in it, or at its end. Whoever has it reaps it.
struct Launched {
    pid_t pid = -1;
    UniqueFd pidfd = {};
    LaunchPadPtr pad = {};  ///< To be kept until the child has been reaped or is given up.
    std::optional<Error> failure = {};  ///< Why the program does not run, if that is known.
};

/// Starts a program: /dev/null as standard input, `output` as standard output and error, `keep_fd`
/// (-1: none; above 2) at its own number, nothing else; a process group of its own; no signal
/// blocked, and ignored only SIGHUP, SIGINT and SIGQUIT, if they are.
///
/// Returns when the kernel has taken the program. Until then the child shares our memory, but it
/// cannot hold us up: opening a program can take long, and so can the closing of descriptors that
/// the child has a copy of, a lingering socket's or those of a file system that is a program. So
/// they are closed by the exec, and we wait no longer than `deadline`, or until `cancel_fd` (-1:
/// none) can be read: the child is returned as it is then, to be killed. posix_spawn() would wait
/// without bound, and nobody could kill what it waits for.
///
/// Fails with the errno of the clone, and leaves nothing behind then. Needs Linux 5.11, for
/// close_range(2) with CLOSE_RANGE_CLOEXEC.
Result<Launched> launch(const std::vector<std::string>& argv, UniqueFd output, int keep_fd,
                        std::chrono::steady_clock::time_point deadline, int cancel_fd);

}  // namespace qnetdev
