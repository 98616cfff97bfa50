// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <csignal>

#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev::cli {

/// How signals were when the program was started.
class InheritedSignals {
public:
    /// Puts signals in order, whatever our parent made of them, and remembers how they were. What
    /// cannot be written is an error and no death (SIGPIPE, SIGXFSZ), children can be waited for
    /// (SIGCHLD), and nothing is blocked. Call before anything else.
    static InheritedSignals replace();

    /// As they were, for a program that takes our place.
    void restore() const;

    /// Ends the process as a writer without readers ends, unless it was started with SIGPIPE
    /// ignored: then it returns. Call once everything is cleaned up.
    void die_of_broken_pipe() const;

private:
    static constexpr std::array kReplaced{SIGPIPE, SIGXFSZ, SIGCHLD};

    sigset_t mask_ = {};
    std::array<struct sigaction, kReplaced.size()> actions_ = {};
};

/// Turns SIGTERM into a readable descriptor, and SIGINT and SIGHUP unless the program was started
/// with these ignored (nohup, or a shell's background), so that a command can stop what it waits
/// for and clean up. Call before any thread exists; for the rest of the process.
Result<UniqueFd> signals_as_fd();

/// Whether one of them has arrived.
bool signal_arrived(const UniqueFd& signals);

}  // namespace qnetdev::cli
