// SPDX-License-Identifier: MIT
#include "net/base/socket_closer.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "net/base/limits.h"
#include "net/base/receive_fds.h"
#include "net/base/send_fds.h"
#include "net/base/signals_blocked.h"

namespace qnetdev {
namespace {

constexpr unsigned kLastFd = ~0U;

bool close_range_of_table(unsigned first, unsigned last) {
    return syscall(SYS_close_range, first, last, 0U) == 0;
}

bool has_ended(pid_t thread) {
    return syscall(SYS_tgkill, getpid(), thread, 0) != 0 && errno == ESRCH;
}

}  // namespace

/// Shared with the threads, of which the last outlives the closer.
struct SocketCloser::Chain {
    enum class Start { under_way, done, failed };

    int arrival = -1;  ///< Where sockets arrive; the same number in every table.
    std::mutex handing_over;
    std::mutex mutex;
    std::condition_variable started;
    Start start = Start::under_way;  ///< Of the newest thread.
    std::vector<pid_t> ending = {};  ///< Threads that were about to end.

    static bool start_thread(const std::shared_ptr<Chain>& chain, bool is_first);
    static void run(const std::shared_ptr<Chain>& chain, bool is_first);
    static bool wait_for_socket(const std::shared_ptr<Chain>& chain);
    void tell(Start how);
    bool has_room();
    void drop_copies() const;
};

/// Returns when the new thread has its own table: a copy of its creator's.
bool SocketCloser::Chain::start_thread(const std::shared_ptr<Chain>& chain, bool is_first) {
    chain->tell(Start::under_way);
    try {
        const SignalsBlocked blocked;
        std::thread([chain, is_first] { run(chain, is_first); }).detach();
    } catch (const std::system_error&) {
        return false;  // out of threads
    }
    std::unique_lock lock(chain->mutex);
    chain->started.wait(lock, [&] { return chain->start != Start::under_way; });
    return chain->start == Start::done;
}

void SocketCloser::Chain::tell(Start how) {
    const std::lock_guard lock(mutex);
    start = how;
    started.notify_all();
}

/// The first table is a copy of the program's, whose files must not stay open here.
void SocketCloser::Chain::drop_copies() const {
    const auto kept = static_cast<unsigned>(arrival);
    (void)close_range_of_table(kept + 1, kLastFd);
    if (kept > 0) {
        (void)close_range_of_table(0, kept - 1);
    }
    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; ++standard) {
        (void)open("/dev/null", O_RDWR | O_CLOEXEC);  // so that nothing is written to a socket
    }
}

/// Whether one more may end: those before may be held up by what no rule of the kernel's covers.
bool SocketCloser::Chain::has_room() {
    const std::lock_guard lock(mutex);
    std::erase_if(ending, has_ended);
    return ending.size() < limits::kExitingThreads;
}

/// False when there will be none. Starts the successor, while its copy of the table holds nothing.
bool SocketCloser::Chain::wait_for_socket(const std::shared_ptr<Chain>& chain) {
    while (true) {
        pollfd entry = {chain->arrival, POLLIN, 0};
        (void)poll(&entry, 1, -1);
        char byte = 0;
        if (recv(chain->arrival, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
            return false;
        }
        if (chain->has_room() && start_thread(chain, false)) {
            return true;
        }
        std::this_thread::sleep_for(limits::kDisposerRetry);
    }
}

void SocketCloser::Chain::run(const std::shared_ptr<Chain>& chain, bool is_first) {
    if (unshare(CLONE_FILES) != 0) {
        return chain->tell(Start::failed);
    }
    chain->tell(Start::done);
    if (is_first) {
        chain->drop_copies();
    }
    if (!wait_for_socket(chain)) {
        return;
    }
    char byte = 0;
    Result<FdMessage> message = receive_fds(chain->arrival, std::span(&byte, 1));
    if (message) {
        for (UniqueFd& fd : message->fds) {
            (void)fd.release();  // to the end of this thread
        }
    }
    { const std::lock_guard sender_has_closed(chain->handing_over); }
    const std::lock_guard lock(chain->mutex);
    chain->ending.push_back(static_cast<pid_t>(syscall(SYS_gettid)));
}

SocketCloser::SocketCloser() : chain_(std::make_shared<Chain>()) {
    int ends[2];
    const bool knows_close_range = close_range_of_table(kLastFd, kLastFd);
    if (!knows_close_range || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return;
    }
    UniqueFd entrance(ends[0]);
    const UniqueFd arrival(ends[1]);  // the threads have copies
    chain_->arrival = arrival.get();
    if (Chain::start_thread(chain_, true)) {
        entrance_ = std::move(entrance);
    }
}

bool SocketCloser::close(UniqueFd& socket) {
    if (!entrance_) {
        return false;
    }
    // The thread must not be gone before ours is closed, which then would be the last.
    const std::lock_guard lock(chain_->handing_over);
    const int fd = socket.get();
    if (send_fds(entrance_.get(), ' ', std::span(&fd, 1)) != 0) {
        return false;  // more are under way than this process may open
    }
    socket.reset();
    return true;
}

}  // namespace qnetdev
