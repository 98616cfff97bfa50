// SPDX-License-Identifier: MIT
#include "net/base/fd_flags.h"

#include <fcntl.h>

#include <cerrno>

namespace qnetdev {

Result<FdFlags> set_nonblocking(int fd) {
    const int status = fcntl(fd, F_GETFL);
    if (status < 0) {
        return Error::from_errno(errno, "fcntl F_GETFL");
    }
    const FdFlags before{.blocking = (status & O_NONBLOCK) == 0,
                         .inheritable = (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0};
    if (before.blocking && fcntl(fd, F_SETFL, status | O_NONBLOCK) != 0) {
        return Error::from_errno(errno, "fcntl F_SETFL");
    }
    if (before.inheritable && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        const int errnum = errno;
        restore_flags(fd, {.blocking = before.blocking});
        return Error::from_errno(errnum, "fcntl F_SETFD");
    }
    return before;
}

void restore_flags(int fd, FdFlags before) noexcept {
    const int status = fcntl(fd, F_GETFL);
    if (before.blocking && status >= 0) {
        (void)fcntl(fd, F_SETFL, status & ~O_NONBLOCK);
    }
    if (before.inheritable) {
        (void)fcntl(fd, F_SETFD, 0);
    }
}

}  // namespace qnetdev
