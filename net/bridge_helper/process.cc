// SPDX-License-Identifier: MIT
#include "net/bridge_helper/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include "net/bridge/helper_answer.h"

namespace qnetdev::helper {
namespace {

/// One option of the socket, or -1.
int socket_option(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool is_ignored_here(int signal) {
    // Errors of write(2) tell the same. A stopped or killed helper is the caller's right: all that
    // we make vanishes with the process.
    return signal == SIGPIPE || signal == SIGXFSZ;
}

}  // namespace

bool open_standard_descriptors() {
    for (int fd = 0; fd <= 2; ++fd) {
        // The lowest free number is the one that is missing.
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) != fd) {
            return false;
        }
    }
    return true;
}

void reset_inherited_state() {
    environ = nullptr;
    umask(077);
    for (int signal = 1; signal < NSIG; ++signal) {
        // Fails for SIGKILL, SIGSTOP and those that libc keeps for itself.
        struct sigaction action = {};
        action.sa_handler = is_ignored_here(signal) ? SIG_IGN : SIG_DFL;
        (void)sigaction(signal, &action, nullptr);
    }
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int timer : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
        const itimerval off = {};
        (void)setitimer(static_cast<__itimer_which>(timer), &off, nullptr);
    }
    rlimit files = {};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

bool check_socket(int fd, Refusal& why) {
    sockaddr_un peer = {};
    socklen_t size = sizeof(peer);
    if (socket_option(fd, SO_DOMAIN) == AF_UNIX && socket_option(fd, SO_TYPE) == SOCK_STREAM &&
        getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0) {
        return true;
    }
    why.set().add("'--fd=").add_number(static_cast<unsigned>(fd));
    why.message.add("' must be a connected UNIX stream socket");
    if (fcntl(fd, F_GETFD) < 0) {
        why.message.add(", but is not open");
    }
    why.hint.add("this program is run by the process that wants a tap; try --check --br=BRIDGE");
    return false;
}

bool parent_wants_reasons(int fd) {
    char greeting = '\0';
    return recv(fd, &greeting, 1, MSG_DONTWAIT) == 1 && greeting == kReasonsWanted;
}

bool close_other_descriptors(int keep, Refusal& why) {
    constexpr int kFirst = 3;
    const auto kept = static_cast<unsigned>(keep);
    const bool done = keep < kFirst ? close_range(kFirst, UINT_MAX, 0) == 0
                                    : (keep == kFirst || close_range(kFirst, kept - 1, 0) == 0) &&
                                          close_range(kept + 1, UINT_MAX, 0) == 0;
    if (!done) {
        why.set_errno("cannot close inherited descriptors", errno);
    }
    return done;
}

}  // namespace qnetdev::helper
