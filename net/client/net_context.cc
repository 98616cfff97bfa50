// SPDX-License-Identifier: MIT
#include "net/net_context.h"

#include <utility>

#include "net/client/net_context_internals.h"

namespace qnetdev {

NetContext::NetContext(std::unique_ptr<NetContextInternals> internals)
    : internals_(std::move(internals)) {}

NetContext::~NetContext() {
    // What is being set up is undone before the reaper goes.
    internals_->stop_workers();
    // Newest first, so that a NIC goes before the backend it was attached to.
    while (!registry().groups().empty()) {
        (void)registry().remove(*registry().groups().back());
    }
}

EventLoop& NetContext::loop() {
    return internals_->loop();
}

const NetContextOptions& NetContext::options() const {
    return internals_->options();
}

NetClientRegistry& NetContext::registry() {
    return internals_->registry();
}

const NetClientRegistry& NetContext::registry() const {
    return std::as_const(*internals_).registry();
}

QueueLoop& NetContext::queue_loop(std::size_t /*queue*/) {
    return internals_->queue_loop();
}

void NetContextInternals::claim_fd(int fd, std::string_view id) {
    const std::lock_guard lock(claimed_mutex_);
    claimed_fds_.insert_or_assign(fd, id);
}

void NetContextInternals::disclaim_fd(int fd) {
    const std::lock_guard lock(claimed_mutex_);
    claimed_fds_.erase(fd);
}

Result<void> NetContextInternals::check_unclaimed(int fd) const {
    if (reaper_.is_closing(fd)) {
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
