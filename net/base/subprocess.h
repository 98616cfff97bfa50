// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "net/result.h"
#include "net/unique_fd.h"

namespace net {

/// A program run without a shell, in a process group of its own, its output captured.
///
/// The child gets the caller's environment and working directory, /dev/null as standard input, our
/// pipe as standard output and error, one further descriptor at its own number, default signal
/// dispositions, and nothing else. Destruction kills the group if the child still runs, and reaps
/// it: no child outlives its Subprocess. Not GSubprocess, because that one starts a thread and
/// aborts the process when the kernel refuses it one.
class Subprocess {
public:
    enum class Event { exited, readable, timed_out, cancelled };
    using Clock = std::chrono::steady_clock;

    /// Fails with the errno of the fork or the exec, and leaves nothing behind.
    static Result<Subprocess> spawn(const std::vector<std::string>& argv, int keep_fd);

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

    /// Kills the whole process group and reaps the child. What the others in the group inherited
    /// is closed as well when it returns, unless one of them takes long to die.
    void kill_group() noexcept;

    /// Wait status as waitpid() tells it; -1 if somebody else has reaped the child.
    int status() const { return status_; }
    bool succeeded() const { return status_ == 0; }
    /// First limits::kChildOutput bytes of what the child wrote, trailing white space removed.
    const std::string& output() const { return output_; }

private:
    Subprocess(pid_t pid, UniqueFd pidfd, UniqueFd pipe)
        : pid_(pid), pidfd_(std::move(pidfd)), pipe_(std::move(pipe)) {}
    void drain();
    /// Waits, but not for long, until nobody has the other end of our pipe.
    void await_hang_up() noexcept;
    void reap() noexcept;

    pid_t pid_;
    UniqueFd pidfd_;
    UniqueFd pipe_;
    int status_ = -1;
    std::string output_ = {};
};

/// "exited with status 3", "was killed by signal 9 (Killed)" and the like, for a wait status.
std::string describe_wait_status(int status);

/// The output of a program as one clause for the end of an error message; empty if it said nothing.
std::string describe_output(const std::string& output);

}  // namespace net
