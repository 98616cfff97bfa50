// SPDX-License-Identifier: MIT
#include "net/net_context.h"

#include "net/base/fd_reaper.h"
#include "net/base/limits.h"

namespace net {

NetContext::NetContext(EventLoop& loop, TunKernel& tun, NetContextOptions options)
    : loop_(loop), tun_(tun), options_(std::move(options)), reaper_(std::make_unique<FdReaper>()) {}

NetContext::~NetContext() {
    // Newest first, so that a NIC goes before the backend it was attached to.
    while (!registry_.groups().empty()) {
        (void)registry_.remove(*registry_.groups().back());
    }
}

Result<void> NetContext::check_unclaimed(int fd) const {
    if (reaper_->is_closing(fd)) {
        return Error("descriptor " + std::to_string(fd) +
                     " belongs to a netdev that is being removed");
    }
    const auto owner = claimed_fds_.find(fd);
    if (owner != claimed_fds_.end()) {
        return Error("descriptor " + std::to_string(fd) + " is already in use by netdev '" +
                     owner->second + "'");
    }
    return {};
}

std::vector<std::byte>& NetContext::frame_buffer() {
    frame_buffer_.resize(limits::kPacketBytes);
    return frame_buffer_;
}

}  // namespace net
