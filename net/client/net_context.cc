// SPDX-License-Identifier: MIT
#include "net/net_context.h"

#include "net/base/fd_reaper.h"
#include "net/base/worker_pool.h"

namespace qnetdev {

NetContext::NetContext(EventLoop& loop, TunKernel& tun, NetContextOptions options,
                       VhostKernel* vhost)
    : loop_(loop),
      tun_(tun),
      vhost_(vhost),
      options_(std::move(options)),
      queue_loop_(loop),
      reaper_(std::make_unique<FdReaper>()),
      workers_(std::make_unique<WorkerPool>(loop)) {}

NetContext::~NetContext() {
    // What is being set up is undone before the reaper goes.
    workers_.reset();
    // Newest first, so that a NIC goes before the backend it was attached to.
    while (!registry_.groups().empty()) {
        (void)registry_.remove(*registry_.groups().back());
    }
}

void NetContext::claim_fd(int fd, std::string_view id) {
    const std::lock_guard lock(claimed_mutex_);
    claimed_fds_.insert_or_assign(fd, id);
}

void NetContext::disclaim_fd(int fd) {
    const std::lock_guard lock(claimed_mutex_);
    claimed_fds_.erase(fd);
}

Result<void> NetContext::check_unclaimed(int fd) const {
    if (reaper_->is_closing(fd)) {
        return Error("descriptor " + std::to_string(fd) +
                     " belongs to a netdev that is being removed");
    }
    const std::lock_guard lock(claimed_mutex_);
    const auto owner = claimed_fds_.find(fd);
    if (owner != claimed_fds_.end()) {
        return Error("descriptor " + std::to_string(fd) + " is already in use by netdev '" +
                     owner->second + "'");
    }
    return {};
}

}  // namespace qnetdev
