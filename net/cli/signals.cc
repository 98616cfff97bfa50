// SPDX-License-Identifier: MIT
#include "net/cli/signals.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>

namespace net::cli {

Result<UniqueFd> signals_as_fd() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &ending, nullptr) != 0) {
        return Error::from_errno(EINVAL, "pthread_sigmask");
    }
    UniqueFd fd(signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) {
        return Error::from_errno(errno, "signalfd");
    }
    return fd;
}

bool signal_arrived(const UniqueFd& signals) {
    pollfd entry = {signals.get(), POLLIN, 0};
    return poll(&entry, 1, 0) == 1;
}

}  // namespace net::cli
