// SPDX-License-Identifier: MIT
#include "net/tap/tap_fd.h"

namespace net {

Result<std::string> tap_fd_get_ifname(TunKernel& kernel, int fd) {
    TunInterface interface = NET_TRY(kernel.get_iff(fd));
    return std::move(interface.name);
}

Result<void> tap_fd_enable(TunKernel& kernel, int fd) {
    return kernel.set_queue(fd, true);
}

Result<void> tap_fd_disable(TunKernel& kernel, int fd) {
    return kernel.set_queue(fd, false);
}

}  // namespace net
