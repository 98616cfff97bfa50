// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/api.h"
#include "net/event_loop.h"
#include "net/log.h"
#include "net/net_client_group.h"
#include "net/queue_loop.h"
#include "net/trace.h"

namespace qnetdev {

class FdReaper;
class TunKernel;
class VhostKernel;
class WorkerPool;

/// What an embedder may choose; every field has QEMU's default.
struct NetContextOptions {
    Log log = {};
    /// Shown the system calls of every netdev of the context.
    Trace trace = {};
    /// Up and down scripts of taps opened by name without `script=` and `downscript=`.
    std::string default_script = "/etc/qemu-ifup";
    std::string default_downscript = "/etc/qemu-ifdown";
    /// Helper of a `bridge` netdev without `helper=`: Debian's place for it.
    std::string default_helper = "/usr/lib/qemu/qemu-bridge-helper";
    /// How long a script or helper may run before it is killed. Default: 30 s.
    std::chrono::milliseconds script_timeout = std::chrono::seconds(30);
    /// The embedder gives no duplicate of a tap's descriptor to another process. Interfaces that
    /// netdevs created themselves, that are not persistent, and that nobody else has opened a
    /// queue of, may then be deleted together: hundreds cost hardly more than one. A duplicate
    /// elsewhere would go dead.
    bool exclusive_interfaces = false;
    /// A script or helper is given up as soon as this descriptor can be read; -1: never. Borrowed.
    int cancel_fd = -1;
};

/// Everything that network backends of one process part share: no globals, so that two contexts
/// live side by side and know nothing of each other.
///
/// Not thread-safe; belongs to the thread of its loop. Destruction removes every netdev, runs the
/// down scripts that are due, and waits (bounded by the scripts' time-out) until all is closed.
class QNETDEV_API NetContext {
public:
    /// `loop`, `tun` and `vhost` must outlive the context. No `vhost`: every wish for it is
    /// refused.
    NetContext(EventLoop& loop, TunKernel& tun, NetContextOptions options,
               VhostKernel* vhost = nullptr);
    NetContext(const NetContext&) = delete;
    NetContext& operator=(const NetContext&) = delete;
    ~NetContext();

    EventLoop& loop() { return loop_; }
    TunKernel& tun() { return tun_; }
    VhostKernel* vhost() { return vhost_; }
    const NetContextOptions& options() const { return options_; }
    const Log& log() const { return options_.log; }
    NetClientRegistry& registry() { return registry_; }
    const NetClientRegistry& registry() const { return registry_; }
    FdReaper& reaper() { return *reaper_; }
    /// See NetContextOptions::exclusive_interfaces.
    bool is_exclusive() const { return options_.exclusive_interfaces; }
    void set_exclusive(bool exclusive) { options_.exclusive_interfaces = exclusive; }
    WorkerPool& workers() { return *workers_; }

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

    /// What the frames of a netdev's queue run on, and those of the card's queue it is attached to.
    /// So far all queues share one, on the context's own loop.
    QueueLoop& queue_loop(std::size_t /*queue*/) { return queue_loop_; }

private:
    EventLoop& loop_;
    TunKernel& tun_;
    VhostKernel* vhost_;
    NetContextOptions options_;
    mutable std::mutex claimed_mutex_ = {};
    std::unordered_map<int, std::string> claimed_fds_ = {};
    QueueLoop queue_loop_;
    std::unique_ptr<FdReaper> reaper_;
    NetClientRegistry registry_ = {};
    Starting starting_ = {};
    std::unique_ptr<WorkerPool> workers_;  // last: its threads use all of the above
};

}  // namespace qnetdev
