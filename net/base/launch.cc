// SPDX-License-Identifier: MIT
#include "net/base/launch.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "net/base/signals_blocked.h"

/// clone(2) by the name that ThreadSanitizer does not take for a fork().
extern "C" int __clone(int (*run)(void*), void* stack_end, int flags, void* argument, ...);

namespace qnetdev {

struct LaunchPad {
    using SystemCall = long (*)(long, ...);

    /// Looked up here: in the child the dynamic linker would work on our thread's data.
    SystemCall call = ::syscall;
    std::vector<std::string> argv;
    std::vector<char*> words = {};
    char** environment = environ;
    int output;
    int keep_fd;
    std::atomic<int> errnum = 0;      ///< Why the program does not run.
    std::atomic<long> failed_at = 0;  ///< The system call that said so.
    /// Set to 0 by the kernel when the child no longer uses our memory: CLONE_CHILD_CLEARTID.
    std::atomic<pid_t> in_use = 1;
    alignas(16) std::array<std::byte, std::size_t{16}* 1024> stack = {};
};

void LaunchPadDeleter::operator()(LaunchPad* pad) const noexcept {
    if (pad->in_use == 0) {
        delete pad;
    }
}

namespace {

constexpr unsigned kLastFd = ~0U;
constexpr std::size_t kSignalSetSize = 8;  ///< sizeof(sigset_t) of the kernel.
constexpr int kSignals = 64;

/// struct sigaction as the kernel has it: the handler first, then what is zero for SIG_DFL.
struct KernelSigaction {
    std::uintptr_t handler = 0;
    std::array<std::uintptr_t, 7> rest = {};
};

#define QNETDEV_BARE __attribute__((no_sanitize("address", "thread", "undefined")))

/// What the child does: it shares our memory and this thread's errno, on a stack of its own, while
/// we run on. So it makes system calls and nothing else, not even through a function of libc's that
/// keeps books, and sanitizers leave it alone.
class Child {
public:
    QNETDEV_BARE static int main(void* pad) {
        LaunchPad& launch = *static_cast<LaunchPad*>(pad);
        const long failed = prepare(launch);
        if (failed == 0) {
            launch.call(SYS_execve, launch.words[0], launch.words.data(), launch.environment);
        }
        launch.errnum = errno;
        launch.failed_at = failed;
        launch.call(SYS_exit_group, 127);
        return 127;
    }

private:
    QNETDEV_BARE static long prepare(LaunchPad& launch) {
        launch.call(SYS_setpgid, 0, 0);
        reset_signals(launch);
        const long null = launch.call(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC, 0);
        if (null < 0) {
            return SYS_openat;
        }
        if (move(launch, static_cast<int>(null), 0) < 0 || move(launch, launch.output, 1) < 0 ||
            move(launch, launch.output, 2) < 0) {
            return SYS_dup3;
        }
        const unsigned kept = launch.keep_fd > 2 ? static_cast<unsigned>(launch.keep_fd) : 2U;
        if ((kept > 2 && launch.call(SYS_fcntl, kept, F_SETFD, 0) < 0) ||
            (kept > 3 &&
             launch.call(SYS_close_range, 3U, kept - 1, unsigned{CLOSE_RANGE_CLOEXEC}) < 0) ||
            launch.call(SYS_close_range, kept + 1, kLastFd, unsigned{CLOSE_RANGE_CLOEXEC}) < 0) {
            return SYS_close_range;
        }
        // Last: until the handlers are gone, ours would run here.
        const std::uint64_t none = 0;
        launch.call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, kSignalSetSize);
        return 0;
    }

    QNETDEV_BARE static long move(LaunchPad& launch, int from, int to) {
        return from == to ? launch.call(SYS_fcntl, to, F_SETFD, 0)
                          : launch.call(SYS_dup3, from, to, 0);
    }

    QNETDEV_BARE static void reset_signals(LaunchPad& launch) {
        const auto ignored = reinterpret_cast<std::uintptr_t>(SIG_IGN);
        for (int signum = 1; signum <= kSignals; ++signum) {
            KernelSigaction now;
            const bool may_stay = signum == SIGHUP || signum == SIGINT || signum == SIGQUIT;
            if (may_stay) {
                launch.call(SYS_rt_sigaction, signum, nullptr, &now, kSignalSetSize);
            }
            if (!may_stay || now.handler != ignored) {
                const KernelSigaction fallback;
                launch.call(SYS_rt_sigaction, signum, &fallback, nullptr, kSignalSetSize);
            }
        }
    }
};

/// The standard descriptors are replaced in the child before ours is used.
Result<void> lift(UniqueFd& fd, const std::string& what) {
    if (fd.get() <= 2) {
        UniqueFd lifted(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
        if (!lifted) {
            return Error::from_errno(errno, what + ": pipe");
        }
        fd = std::move(lifted);
    }
    return {};
}

bool can_be_read(int fd) {
    pollfd entry = {fd, POLLIN, 0};
    return fd >= 0 && poll(&entry, 1, 0) > 0;
}

/// Waits, within the bounds, until the child no longer uses our memory.
void await_exec(const LaunchPad& pad, std::chrono::steady_clock::time_point deadline,
                int cancel_fd) {
    constexpr std::chrono::milliseconds kLongest{20};
    // Not for a futex, which would change the errno that the child uses when it times out.
    for (std::chrono::microseconds pause{100};
         pad.in_use != 0 && std::chrono::steady_clock::now() < deadline && !can_be_read(cancel_fd);
         pause = std::min<std::chrono::microseconds>(2 * pause, kLongest)) {
        std::this_thread::sleep_for(pause);
    }
}

std::string name_of(long number) {
    return number == SYS_openat        ? ": /dev/null"
           : number == SYS_dup3        ? ": dup3"
           : number == SYS_close_range ? ": close_range"
                                       : "";
}

}  // namespace

Result<Launched> launch(const std::vector<std::string>& argv, UniqueFd output, int keep_fd,
                        std::chrono::steady_clock::time_point deadline, int cancel_fd) {
    const std::string what = "cannot run '" + argv[0] + "'";
    NET_TRY(lift(output, what));
    LaunchPadPtr pad(new LaunchPad{.argv = argv, .output = output.get(), .keep_fd = keep_fd});
    for (std::string& word : pad->argv) {
        pad->words.push_back(word.data());
    }
    pad->words.push_back(nullptr);

    const SignalsBlocked blocked;  // none of ours runs in the child
    int pidfd = -1;
    const pid_t pid = __clone(Child::main, pad->stack.data() + pad->stack.size(),
                              CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID | SIGCHLD, pad.get(),
                              &pidfd, nullptr, &pad->in_use);
    if (pid < 0) {
        const int errnum = errno;
        pad->in_use = 0;
        return Error::from_errno(errnum, what);
    }
    Launched child{.pid = pid, .pidfd = UniqueFd(pidfd), .pad = std::move(pad)};
    await_exec(*child.pad, deadline, cancel_fd);
    if (child.pad->errnum != 0) {
        child.failure = Error::from_errno(child.pad->errnum, what + name_of(child.pad->failed_at));
    }
    return child;
}

}  // namespace qnetdev
