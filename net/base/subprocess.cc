// SPDX-License-Identifier: MIT
#include "net/base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>

#include "net/base/control_characters.h"
#include "net/base/limits.h"
#include "net/base/reap_later.h"

namespace qnetdev {
namespace {

/// Linux 6.9, include/uapi/linux/pidfd.h.
constexpr unsigned kSignalProcessGroup = 1U << 2;

/// Whether the child, dead or alive, is still there to be waited for, and so keeps its number.
bool is_waitable(pid_t pid) {
    siginfo_t info = {};
    return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/// Kills a child's process group, even if the child has been reaped by somebody else; but never
/// another group that got its number meanwhile.
void kill_group_of(int pidfd, pid_t pid) {
    // A bare call: glibc declares it in a header that clashes with <fcntl.h>.
    if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, kSignalProcessGroup) == 0 ||
        errno == ESRCH) {
        return;
    }
    if (is_waitable(pid)) {
        (void)kill(-pid, SIGKILL);
    }
}

/// Kills the child, and nobody who got its number meanwhile; errno if that failed. `pidfd` may be
/// -1.
int kill_child(int pidfd, pid_t pid) {
    int failed = 0;
    if (pidfd >= 0) {
        failed = static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0));
    } else if (is_waitable(pid)) {
        failed = kill(pid, SIGKILL);
    }
    return failed != 0 ? errno : 0;
}

/// Whether the child, a zombie by now, ended in any other way than with status 0.
bool has_failed(pid_t pid) {
    siginfo_t info = {};
    return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0 &&
           (info.si_code != CLD_EXITED || info.si_status != 0);
}

std::string_view without_trailing_space(std::string_view text) {
    return text.substr(0, text.find_last_not_of(" \t\n\v\f\r") + 1);  // npos + 1 is 0
}

/// For poll(2): milliseconds until then, rounded up, but an hour at most.
int poll_timeout(Subprocess::Clock::time_point deadline) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Subprocess::Clock::now()).count();
    return static_cast<int>(
        std::clamp<milliseconds::rep>(left, 0, milliseconds(std::chrono::hours(1)).count()));
}

}  // namespace

Result<Subprocess> Subprocess::spawn(const std::vector<std::string>& argv, int keep_fd,
                                     Clock::time_point deadline, int cancel_fd) {
    std::array<int, 2> pipe_fds{};
    if (pipe2(pipe_fds.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        return Error::from_errno(errno, "cannot run '" + argv[0] + "': pipe");
    }
    UniqueFd read_end(pipe_fds[0]);
    UniqueFd write_end(pipe_fds[1]);
    // The child's end blocks: programs do not expect EAGAIN from their standard output.
    (void)fcntl(write_end.get(), F_SETFL, 0);
    Launched launched = NET_TRY(launch(argv, std::move(write_end), keep_fd, deadline, cancel_fd));
    std::optional<Error> failure = std::move(launched.failure);
    Subprocess child(std::move(launched), std::move(read_end));
    if (failure) {
        return *std::move(failure);
    }
    if (!is_waitable(child.pid_)) {
        child.pid_ = -1;  // who ignores SIGCHLD is not told how it ended
    }
    return child;
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      pipe_(std::move(other.pipe_)),
      pad_(std::move(other.pad_)),
      status_(other.status_),
      left_behind_(other.left_behind_),
      kill_errno_(other.kill_errno_),
      output_(std::move(other.output_)) {}

Subprocess::~Subprocess() {
    kill_group();
}

Result<Subprocess::Event> Subprocess::wait(Clock::time_point deadline, int readable_fd,
                                           int cancel_fd) {
    while (pid_ > 0) {
        std::array<pollfd, 4> fds{{{pidfd_.get(), POLLIN, 0},
                                   {pipe_.get(), POLLIN, 0},
                                   {readable_fd, POLLIN, 0},
                                   {cancel_fd, POLLIN, 0}}};
        const int timeout = poll_timeout(deadline);
        const int ready = poll(fds.data(), fds.size(), timeout);
        if (ready < 0 && errno != EINTR) {
            return Error::from_errno(errno, "poll");
        }
        if (fds[1].revents != 0) {
            drain();
        }
        if (ready > 0 && fds[2].revents != 0) {
            return Event::readable;
        }
        if (ready > 0 && fds[0].revents != 0) {
            drain();
            if (has_failed(pid_)) {
                kill_group();
            } else {
                reap();
            }
            break;
        }
        if (ready > 0 && fds[3].revents != 0) {
            return Event::cancelled;
        }
        if (timeout == 0) {
            return Event::timed_out;  // also if the child's output never lets poll() wait
        }
    }
    return Event::exited;
}

void Subprocess::drain() {
    std::array<char, 4096> buffer;
    while (pipe_) {
        const ssize_t count = read(pipe_.get(), buffer.data(), buffer.size());
        if (count > 0) {
            const std::size_t room = limits::kChildOutput - output_.size();
            output_.append(buffer.data(), std::min(static_cast<std::size_t>(count), room));
            // One block a round: a child that never stops writing must not keep us here.
            return;
        }
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count == 0) {
            pipe_.reset();
        }
        return;
    }
}

void Subprocess::reap() noexcept {
    int status = 0;
    pid_t reaped = -1;
    do {
        reaped = waitpid(pid_, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    status_ = reaped == pid_ ? status : -1;
    pid_ = -1;
    output_.resize(without_trailing_space(output_).size());
}

void Subprocess::kill_group() noexcept {
    if (pid_ <= 0) {
        return;
    }
    const auto deadline = Clock::now() + limits::kKilledChildTimeout;
    // The group, so that what the child started dies too. Before reap(): a zombie keeps its
    // number, and so the group's, from reuse. Then the child alone, which may have left the group.
    kill_group_of(pidfd_.get(), pid_);
    kill_errno_ = kill_child(pidfd_.get(), pid_);
    await_hang_up(deadline);
    if (await_end(deadline)) {
        reap();
        return;
    }
    left_behind_ = std::exchange(pid_, -1);
    reap_later(left_behind_, std::move(pidfd_));
}

void Subprocess::await_hang_up(Clock::time_point deadline) noexcept {
    while (pipe_ && Clock::now() < deadline) {
        pollfd entry = {pipe_.get(), POLLIN, 0};
        (void)poll(&entry, 1, poll_timeout(deadline));
        drain();
    }
}

/// Whether the child has ended, or is no longer ours to wait for, by then.
bool Subprocess::await_end(Clock::time_point deadline) const noexcept {
    const id_t id = static_cast<id_t>(pid_);
    while (true) {
        siginfo_t info = {};
        const int failed = waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT);
        if ((failed == 0 && info.si_pid == pid_) || (failed != 0 && errno != EINTR)) {
            return true;
        }
        const int timeout = poll_timeout(deadline);
        if (timeout == 0) {
            return false;
        }
        // Without a pidfd, which only a process out of descriptors lacks, look again and again.
        pollfd entry = {pidfd_.get(), POLLIN, 0};
        (void)poll(&entry, 1, pidfd_ ? timeout : 1);
    }
}

std::string Subprocess::describe_kill() const {
    if (left_behind_ < 0) {
        return pipe_
                   ? "was killed, but a process that it started outside its process group lives on"
                   : "was killed";
    }
    return (kill_errno_ == 0
                ? std::string("was killed, but has not ended")
                : std::string("could not be killed (") + std::strerror(kill_errno_) + ")") +
           ": it is left behind, pid " + std::to_string(left_behind_);
}

std::string Subprocess::kill_hint() const {
    if (left_behind_ < 0 || kill_errno_ != EPERM) {
        return {};
    }
    return "it runs as another user by now: end it as that user or as root, with kill " +
           std::to_string(left_behind_);
}

std::string describe_wait_status(int status) {
    if (status == -1) {
        return "ended, but its exit status was taken by another part of this process";
    }
    if (WIFSIGNALED(status)) {
        const char* name = sigdescr_np(WTERMSIG(status));
        return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
               (name != nullptr ? name : "unknown") + ")";
    }
    return "exited with status " + std::to_string(WEXITSTATUS(status));
}

std::string describe_output(const std::string& output) {
    const std::string_view text = without_trailing_space(output);
    if (text.empty()) {
        return {};
    }
    std::string line;
    for (const char c : replace_controls(text, ' ', "\n")) {
        line += c == '\n' ? std::string(" / ") : std::string(1, c);
    }
    return "; it said: " + line;
}

}  // namespace qnetdev
