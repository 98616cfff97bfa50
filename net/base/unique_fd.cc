// SPDX-License-Identifier: MIT
#include "net/unique_fd.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace qnetdev {

void UniqueFd::reset(int fd) noexcept {
    const int old = std::exchange(fd_, fd);
    if (old < 0 || old == fd) {
        return;
    }
    const int saved_errno = errno;
    if (close(old) != 0 && errno == EBADF) {
        // Somebody else closed our descriptor: the number may belong to anyone by now.
        std::abort();
    }
    errno = saved_errno;
}

}  // namespace qnetdev
