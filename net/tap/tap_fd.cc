// SPDX-License-Identifier: MIT
#include "net/tap/tap_fd.h"

namespace qnetdev {

TapFd TapFd::lent(int number) noexcept {
    TapFd fd{UniqueFd(number)};
    fd.lent_ = true;
    return fd;
}

TapFd& TapFd::operator=(TapFd&& other) noexcept {
    if (this != &other) {
        give_back();
        fd_ = std::move(other.fd_);
        lent_ = other.lent_;
        before_ = other.before_;
    }
    return *this;
}

void TapFd::give_back() noexcept {
    if (!is_lent()) {
        return;
    }
    const int number = fd_.release();
    if (before_.blocking || before_.inheritable) {
        restore_flags(number, before_);
    }
}

Result<void> TapFd::make_nonblocking() {
    before_ = NET_TRY(set_nonblocking(get()));
    return {};
}

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

}  // namespace qnetdev
