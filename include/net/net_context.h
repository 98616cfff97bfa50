// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "net/api.h"
#include "net/event_loop.h"
#include "net/log.h"
#include "net/net_client_group.h"
#include "net/queue_loop.h"
#include "net/trace.h"

namespace qnetdev {

class NetContextInternals;

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
/// live side by side and know nothing of each other. net_context_create() makes one.
///
/// Not thread-safe; belongs to the thread of its loop. Destruction removes every netdev, runs the
/// down scripts that are due, and waits (bounded by the scripts' time-out) until all is closed.
class QNETDEV_API NetContext {
public:
    explicit NetContext(std::unique_ptr<NetContextInternals> internals);
    NetContext(const NetContext&) = delete;
    NetContext& operator=(const NetContext&) = delete;
    ~NetContext();

    EventLoop& loop();
    const NetContextOptions& options() const;
    const Log& log() const { return options().log; }
    NetClientRegistry& registry();
    const NetClientRegistry& registry() const;

    /// What the frames of a netdev's queue run on, and those of the card's queue it is attached to.
    /// So far all queues share one, on the context's own loop.
    QueueLoop& queue_loop(std::size_t queue);

    /// What only the library uses; no installed header tells what it is.
    NetContextInternals& internals() { return *internals_; }
    const NetContextInternals& internals() const { return *internals_; }

private:
    std::unique_ptr<NetContextInternals> internals_;
};

}  // namespace qnetdev
