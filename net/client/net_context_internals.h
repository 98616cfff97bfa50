// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "net/base/fd_reaper.h"
#include "net/base/worker_pool.h"
#include "net/net_context.h"

namespace qnetdev {

class TunKernel;
class VhostKernel;

/// What a NetContext consists of, embedders' part and the library's.
class NetContextInternals {
public:
    /// `loop`, `tun` and `vhost` must outlive it. No `vhost`: every wish for it is refused.
    NetContextInternals(EventLoop& loop, TunKernel& tun, NetContextOptions options,
                        VhostKernel* vhost)
        : loop_(loop),
          tun_(tun),
          vhost_(vhost),
          options_(std::move(options)),
          queue_loop_(loop),
          workers_(std::in_place, loop) {}
    NetContextInternals(const NetContextInternals&) = delete;
    NetContextInternals& operator=(const NetContextInternals&) = delete;
    ~NetContextInternals() = default;

    EventLoop& loop() { return loop_; }
    TunKernel& tun() { return tun_; }
    VhostKernel* vhost() { return vhost_; }
    const NetContextOptions& options() const { return options_; }
    NetClientRegistry& registry() { return registry_; }
    const NetClientRegistry& registry() const { return registry_; }
    QueueLoop& queue_loop() { return queue_loop_; }
    FdReaper& reaper() { return reaper_; }
    WorkerPool& workers() { return *workers_; }
    /// Undoes what is being set up. There are no workers from then on.
    void stop_workers() { workers_.reset(); }

    /// See NetContextOptions::exclusive_interfaces.
    bool is_exclusive() const { return options_.exclusive_interfaces; }
    void set_exclusive(bool exclusive) { options_.exclusive_interfaces = exclusive; }

    /// Netdevs that are being set up on a thread: their ids are taken.
    using Starting = std::map<std::string, NetdevDescription, std::less<>>;
    Starting& starting() { return starting_; }
    const Starting& starting() const { return starting_; }

    /// Notes that a netdev owns the descriptor, and that it no longer does. From any thread.
    void claim_fd(int fd, std::string_view id);
    void disclaim_fd(int fd);
    /// Fails if a netdev of this context owns the descriptor or is just closing it, so that no
    /// number that a user names is adopted twice.
    Result<void> check_unclaimed(int fd) const;

private:
    EventLoop& loop_;
    TunKernel& tun_;
    VhostKernel* vhost_;
    NetContextOptions options_;
    mutable std::mutex claimed_mutex_ = {};
    std::unordered_map<int, std::string> claimed_fds_ = {};
    QueueLoop queue_loop_;
    FdReaper reaper_ = {};
    NetClientRegistry registry_ = {};
    Starting starting_ = {};
    std::optional<WorkerPool> workers_;  // last: its threads use all of the above
};

/// What a context on these drivers is made of.
inline std::unique_ptr<NetContextInternals> internals_on(EventLoop& loop, TunKernel& tun,
                                                         NetContextOptions options = {},
                                                         VhostKernel* vhost = nullptr) {
    return std::make_unique<NetContextInternals>(loop, tun, std::move(options), vhost);
}

}  // namespace qnetdev
