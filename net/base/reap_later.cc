// SPDX-License-Identifier: MIT
#include "net/base/reap_later.h"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "net/base/signals_blocked.h"

namespace qnetdev {
namespace {

void reap(pid_t pid, const UniqueFd& pidfd) {
    const idtype_t type = pidfd ? P_PIDFD : P_PID;
    const id_t id = static_cast<id_t>(pidfd ? pidfd.get() : pid);
    siginfo_t info = {};
    while (waitid(type, id, &info, WEXITED) != 0 && errno == EINTR) {
    }
}

}  // namespace

void reap_later(pid_t pid, UniqueFd pidfd) noexcept {
    try {
        const SignalsBlocked blocked;
        std::thread([pid, fd = std::move(pidfd)] { reap(pid, fd); }).detach();
    } catch (const std::system_error&) {
        return;  // out of threads
    }
}

}  // namespace qnetdev
