// SPDX-License-Identifier: MIT
#include "net/cli/exec/exec_descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

namespace qnetdev::cli {
namespace {

/// While they change places, twice as many numbers are in use.
Error move_error(int errnum, int fd) {
    Error error = Error::from_errno(errnum, "cannot pass on descriptor " + std::to_string(fd));
    return errnum == EMFILE || errnum == EINVAL
               ? std::move(error).with_hint("raise the limit of open files (ulimit -n)")
               : error;
}

/// A bare call: glibc has it only since 2.34.
Result<void> close_on_exec(unsigned first, unsigned last) {
    if (first <= last && syscall(SYS_close_range, first, last, CLOSE_RANGE_CLOEXEC) != 0) {
        return Error::from_errno(errno, "close_range")
            .with_hint("Linux 5.11 is the first that can do this");
    }
    return {};
}

/// Moves everything out of the way first: a new place may be another one's old one.
Result<void> move_all(std::vector<FdMove>& moves, int above) {
    for (FdMove& move : moves) {
        const int aside = fcntl(move.from, F_DUPFD_CLOEXEC, above);
        if (aside < 0) {
            return move_error(errno, move.from);
        }
        move.from = aside;
    }
    for (const FdMove& move : moves) {
        if (dup2(move.from, move.to) < 0) {
            return move_error(errno, move.from);
        }
        (void)close(move.from);
    }
    return {};
}

}  // namespace

Result<std::set<int>> open_descriptors() {
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir("/proc/self/fd"), closedir);
    if (!listing) {
        return Error::from_errno(errno, "/proc/self/fd");
    }
    std::set<int> open;
    while (const dirent* entry = readdir(listing.get())) {
        const int fd = static_cast<int>(strtol(entry->d_name, nullptr, 10));
        if (fd > 2 && fd != dirfd(listing.get())) {
            open.insert(fd);
        }
    }
    return open;
}

int FdNumbers::take() {
    while (avoided_.contains(next_)) {
        ++next_;
    }
    return next_++;
}

Result<void> arrange_descriptors(std::vector<FdMove> moves, const std::set<int>& kept) {
    std::set<int> passed = kept;
    int highest = 2;
    for (const FdMove& move : moves) {
        passed.insert(move.to);
        highest = std::max(highest, move.to);
    }
    NET_TRY(move_all(moves, highest + 1));
    unsigned next = 3;
    for (const int fd : passed) {
        if (fd < 3) {
            continue;
        }
        NET_TRY(close_on_exec(next, static_cast<unsigned>(fd) - 1));
        next = static_cast<unsigned>(fd) + 1;
        const int flags = fcntl(fd, F_GETFD);
        if (flags < 0 || fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) < 0) {
            return move_error(errno, fd);
        }
    }
    return close_on_exec(next, UINT_MAX);
}

}  // namespace qnetdev::cli
