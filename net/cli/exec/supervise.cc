// SPDX-License-Identifier: MIT
#include "net/cli/exec/supervise.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "net/unique_fd.h"

namespace qnetdev::cli {
namespace {

sigset_t forwarded_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signum : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH}) {
        sigaddset(&set, signum);
    }
    return set;
}

/// The kernel sends a terminal's signals to the whole foreground group, the child included unless
/// it has a session of its own; it then leads a group as well, which is treated alike.
void forward(int signals, pid_t child, bool has_our_terminal) {
    signalfd_siginfo info = {};
    if (read(signals, &info, sizeof info) != sizeof info) {
        return;
    }
    const bool of_terminal = info.ssi_code == SI_KERNEL;
    if (!of_terminal || !has_our_terminal) {
        (void)kill(of_terminal ? -child : child, static_cast<int>(info.ssi_signo));
    }
}

Result<int> reap(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return Error::from_errno(errno, "waitpid");
        }
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<void> block_forwarded_signals() {
    const sigset_t set = forwarded_signals();
    const int errnum = pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return errnum == 0 ? Result<void>() : Error::from_errno(errnum, "pthread_sigmask");
}

Result<int> await_child(pid_t child, bool has_our_terminal) {
    const sigset_t set = forwarded_signals();
    const UniqueFd signals(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    // A bare call: glibc declares it in a header that clashes with <fcntl.h>.
    const UniqueFd ended(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
    if (!signals || !ended) {
        return reap(child);  // out of descriptors: it is still waited for
    }
    std::array<pollfd, 2> fds{{{ended.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}}};
    while ((fds[0].revents & POLLIN) == 0) {
        if (poll(fds.data(), fds.size(), -1) < 0) {
            if (errno != EINTR) {
                break;
            }
            continue;
        }
        if ((fds[1].revents & POLLIN) != 0) {
            forward(signals.get(), child, has_our_terminal);
        }
    }
    return reap(child);
}

}  // namespace qnetdev::cli
