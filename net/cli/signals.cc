// SPDX-License-Identifier: MIT
#include "net/cli/signals.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <cerrno>

namespace qnetdev::cli {
namespace {

bool is_ignored(int signum) {
    struct sigaction action = {};
    return sigaction(signum, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

InheritedSignals InheritedSignals::replace() {
    InheritedSignals inherited;
    for (std::size_t i = 0; i < kReplaced.size(); ++i) {
        struct sigaction ours = {};
        ours.sa_handler = kReplaced[i] == SIGCHLD ? SIG_DFL : SIG_IGN;
        (void)sigaction(kReplaced[i], &ours, &inherited.actions_[i]);
    }
    sigset_t none;
    sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, &inherited.mask_);
    return inherited;
}

void InheritedSignals::restore() const {
    for (std::size_t i = 0; i < kReplaced.size(); ++i) {
        (void)sigaction(kReplaced[i], &actions_[i], nullptr);
    }
    (void)pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
}

void InheritedSignals::die_of_broken_pipe() const {
    // The mask stays: the signal that ended the program waits behind it.
    (void)sigaction(SIGPIPE, &actions_[0], nullptr);
    (void)raise(SIGPIPE);
}

Result<UniqueFd> signals_as_fd() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    for (const int signum : {SIGINT, SIGHUP}) {
        // While it is blocked, even an ignored signal would arrive.
        if (!is_ignored(signum)) {
            sigaddset(&ending, signum);
        }
    }
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

}  // namespace qnetdev::cli
