// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/base/fd_disposer.h"
#include "net/base/limits.h"
#include "net/event_loop.h"
#include "net/log.h"
#include "net/monitor/fds/monitor_fds.h"

namespace qnetdev {

/// What the sessions of one monitor share, whichever language it speaks; outlives them.
struct ClientMonitor {
    ClientMonitor(EventLoop& event_loop, NamedFds::Dispose close_fd)
        : loop(event_loop), dispose(std::move(close_fd)) {}

    EventLoop& loop;
    Log log = {};
    std::string name = {};      ///< For the log: where it listens.
    NamedFds::Dispose dispose;  ///< May be empty; see NamedFds.
    MonitorFds fds{dispose};
    FdDisposer* disposer = nullptr;  ///< Of what clients have sent and nobody has named, if any.
    /// Gets a connection, in which there may be what nobody has read; see NamedFds.
    NamedFds::Dispose dispose_connection = {};
    std::vector<char> read_buffer = std::vector<char>(limits::kMonitorRead);
};

/// The descriptors that a client sent and that are on their way out, and its connection.
class ClientFds {
public:
    explicit ClientFds(ClientMonitor& monitor) : monitor_(monitor) {}

    /// Closes a descriptor of the client's without waiting.
    void dispose(UniqueFd fd) const {
        if (monitor_.disposer != nullptr) {
            monitor_.disposer->dispose(std::move(fd), account_);
        } else if (monitor_.dispose) {
            monitor_.dispose(std::move(fd));
        }
    }
    /// The same for its connection.
    void dispose_connection(UniqueFd connection) const {
        if (monitor_.dispose_connection) {
            monitor_.dispose_connection(std::move(connection));
        }
    }
    /// Notes that the client has sent descriptors.
    void note_arrival() { sends_fds_ = true; }
    /// Whether so much of what it sent is still to be closed that nothing more is read.
    bool is_blocked() const {
        return sends_fds_ && monitor_.disposer != nullptr &&
               (monitor_.disposer->is_full() ||
                account_.use_count() > static_cast<long>(limits::kDisposedFdsOfClient));
    }

private:
    ClientMonitor& monitor_;
    std::shared_ptr<const bool> account_ = std::make_shared<const bool>(true);
    bool sends_fds_ = false;
};

}  // namespace qnetdev
