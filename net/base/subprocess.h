// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "net/base/launch.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// A program run without a shell, in a process group of its own, its output captured.
///
/// The child gets the caller's environment and working directory, /dev/null as standard input, our
/// pipe as standard output and error, one further descriptor at its own number, and nothing else.
/// No signal is blocked or ignored, but SIGHUP, SIGINT and SIGQUIT stay ignored if they are: that
/// is how nohup and shells keep them from a program and what it starts. Destruction is
/// kill_group(). Not GSubprocess, because that one starts a thread and aborts the process when the
/// kernel refuses it one.
class Subprocess {
public:
    enum class Event { exited, readable, timed_out, cancelled };
    using Clock = std::chrono::steady_clock;

    /// Fails with the errno of the clone or the exec, and leaves nothing behind. The way to the
    /// exec is not waited for beyond the deadline, or once `cancel_fd` can be read, as wait() will
    /// tell.
    static Result<Subprocess> spawn(const std::vector<std::string>& argv, int keep_fd,
                                    Clock::time_point deadline, int cancel_fd);

    Subprocess(Subprocess&& other) noexcept;
    Subprocess& operator=(Subprocess&&) = delete;
    ~Subprocess();

    /// Waits until the child has ended, `readable_fd` or `cancel_fd` (-1: none) can be read, or the
    /// deadline has passed, whatever comes first; collects output meanwhile.
    ///
    /// Background processes that the child left behind do not delay `exited`; they live on if the
    /// child succeeded, and are killed if it failed. After `exited` status() and output() are
    /// final, and further calls return `exited` at once.
    Result<Event> wait(Clock::time_point deadline, int readable_fd, int cancel_fd);

    /// Kills the child, wherever it has gone, and its process group; waits for their end, but at
    /// most limits::kKilledChildTimeout, and reaps the child. What they inherited is closed as well
    /// then. A child that does not end is left behind, and reaped whenever it does: it may have
    /// become a user whom we may not kill, or hang in the kernel. describe_kill() tells.
    void kill_group() noexcept;

    /// After kill_group(): "was killed", or what else became of the child, as part of a message.
    std::string describe_kill() const;
    /// After kill_group(): " and " with describe_kill(), or empty if all are dead.
    std::string describe_survivors() const {
        return left_behind_ < 0 && !pipe_ ? "" : " and " + describe_kill();
    }
    /// After kill_group(): what the user can do about a child that is left behind; may be empty.
    std::string kill_hint() const;

    /// -1 once it has been reaped or left behind.
    pid_t pid() const { return pid_; }
    /// After kill_group(): the errno of killing the child; 0 if that could be done.
    int kill_errno() const { return kill_errno_; }
    /// Wait status as waitpid() tells it; -1 if somebody else has reaped the child, or will.
    int status() const { return status_; }
    bool succeeded() const { return status_ == 0; }
    /// First limits::kChildOutput bytes of what the child wrote, trailing white space removed.
    const std::string& output() const { return output_; }

private:
    Subprocess(Launched child, UniqueFd pipe)
        : pid_(child.pid),
          pidfd_(std::move(child.pidfd)),
          pipe_(std::move(pipe)),
          pad_(std::move(child.pad)) {}
    void drain();
    /// Waits, but not for long, until nobody has the other end of our pipe.
    void await_hang_up(Clock::time_point deadline) noexcept;
    bool await_end(Clock::time_point deadline) const noexcept;
    void reap() noexcept;

    pid_t pid_;
    UniqueFd pidfd_;
    UniqueFd pipe_;
    LaunchPadPtr pad_;  ///< Until the child has been reaped or is given up.
    int status_ = -1;
    pid_t left_behind_ = -1;  ///< The child, if it has outlived kill_group().
    int kill_errno_ = 0;      ///< Why it could not be killed.
    std::string output_ = {};
};

/// "exited with status 3", "was killed by signal 9 (Killed)" and the like, for a wait status.
std::string describe_wait_status(int status);

/// The output of a program as one clause for the end of an error message; empty if it said nothing.
std::string describe_output(const std::string& output);

}  // namespace qnetdev
