// SPDX-License-Identifier: MIT
#include "net/base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "net/base/control_characters.h"
#include "net/base/limits.h"
#include "net/base/reap_later.h"

namespace net {
namespace {

/// What posix_spawn() wants as C arrays and structs, freed on every path.
class SpawnPlan {
public:
    SpawnPlan() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    /// 0 from /dev/null, 1 and 2 to `output`, `keep_fd` unchanged, everything else closed.
    void set_descriptors(int output, int keep_fd) {
        posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, output, 1);
        posix_spawn_file_actions_adddup2(&actions_, output, 2);
        int next = 3;
        if (keep_fd >= next) {
            // dup2() onto itself is how posix_spawn() clears close-on-exec.
            posix_spawn_file_actions_adddup2(&actions_, keep_fd, keep_fd);
            for (; next < keep_fd; ++next) {
                posix_spawn_file_actions_addclose(&actions_, next);
            }
            ++next;
        }
        posix_spawn_file_actions_addclosefrom_np(&actions_, next);
    }

    /// Own process group, nothing blocked, nothing ignored but what whoever started us asked for
    /// by nohup or a shell's background. (A handler of ours does not survive the exec.)
    void set_signals() {
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        for (const int signum : {SIGHUP, SIGINT, SIGQUIT}) {
            sigdelset(&all, signum);
        }
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }

    Result<pid_t> run(const std::vector<std::string>& argv) {
        std::vector<char*> words;
        words.reserve(argv.size() + 1);
        for (const std::string& word : argv) {
            words.push_back(const_cast<char*>(word.c_str()));  // posix_spawn() does not write
        }
        words.push_back(nullptr);
        pid_t pid = -1;
        const int errnum =
            posix_spawn(&pid, words[0], &actions_, &attributes_, words.data(), environ);
        if (errnum != 0) {
            return Error::from_errno(errnum, "cannot run '" + argv[0] + "'");
        }
        return pid;
    }

private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

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

int poll_timeout(Subprocess::Clock::time_point deadline) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Subprocess::Clock::now()).count();
    return static_cast<int>(
        std::clamp<milliseconds::rep>(left, 0, milliseconds(std::chrono::hours(1)).count()));
}

/// A pidfd in the place of `reserved`. The child runs already, and should not fail for want of a
/// descriptor: if another thread was quicker to take the place, one of ours will soon be free.
UniqueFd open_pidfd(pid_t pid, UniqueFd reserved) {
    const auto deadline = Subprocess::Clock::now() + limits::kKilledChildTimeout;
    reserved.reset();
    while (true) {
        // Since Linux 5.3. A bare call: glibc declares it in a header that clashes with <fcntl.h>.
        UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
        const bool no_room = !pidfd && (errno == EMFILE || errno == ENFILE);
        if (!no_room || Subprocess::Clock::now() >= deadline) {
            return pidfd;
        }
        (void)poll(nullptr, 0, 1);
    }
}

}  // namespace

Result<Subprocess> Subprocess::spawn(const std::vector<std::string>& argv, int keep_fd) {
    std::array<int, 2> pipe_fds{};
    if (pipe2(pipe_fds.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        return Error::from_errno(errno, "cannot run '" + argv[0] + "': pipe");
    }
    UniqueFd read_end(pipe_fds[0]);
    UniqueFd write_end(pipe_fds[1]);
    // The child's end blocks: programs do not expect EAGAIN from their standard output.
    (void)fcntl(write_end.get(), F_SETFL, 0);
    UniqueFd reserved(fcntl(read_end.get(), F_DUPFD_CLOEXEC, 0));
    if (!reserved) {
        return Error::from_errno(errno, "cannot run '" + argv[0] + "': pidfd_open");
    }

    SpawnPlan plan;
    plan.set_descriptors(write_end.get(), keep_fd);
    plan.set_signals();
    const pid_t pid = NET_TRY(plan.run(argv));

    UniqueFd pidfd = open_pidfd(pid, std::move(reserved));
    const int errnum = errno;
    Subprocess child(pid, std::move(pidfd), std::move(read_end));
    if (!is_waitable(pid)) {
        child.pid_ = -1;  // who ignores SIGCHLD is not told how it ended
        return child;
    }
    if (!child.pidfd_) {
        return Error::from_errno(errnum, "cannot wait for '" + argv[0] + "': pidfd_open");
    }
    return child;
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      pipe_(std::move(other.pipe_)),
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

}  // namespace net
