// SPDX-License-Identifier: MIT
#include "net/base/fd_flags.h"

#include <fcntl.h>

#include <cerrno>

namespace net {

Result<bool> set_nonblocking(int fd) {
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return Error::from_errno(errno, "fcntl F_GETFL");
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return Error::from_errno(errno, "fcntl F_SETFD");
    }
    if ((flags & O_NONBLOCK) != 0) {
        return false;
    }
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return Error::from_errno(errno, "fcntl F_SETFL");
    }
    return true;
}

void set_blocking(int fd) noexcept {
    const int flags = fcntl(fd, F_GETFL);
    if (flags >= 0) {
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    }
}

}  // namespace net
