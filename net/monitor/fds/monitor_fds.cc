// SPDX-License-Identifier: MIT
#include "net/monitor/fds/monitor_fds.h"

#include <fcntl.h>

namespace qnetdev {

bool MonitorFds::owns(int fd) const {
    const int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && (flags & FD_CLOEXEC) != 0;
}

}  // namespace qnetdev
