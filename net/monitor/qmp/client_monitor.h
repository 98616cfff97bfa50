// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "net/base/limits.h"
#include "net/event_loop.h"
#include "net/log.h"
#include "net/monitor/fds/monitor_fds.h"

namespace net {

/// What the sessions of one monitor share, whichever language it speaks; outlives them.
struct ClientMonitor {
    ClientMonitor(EventLoop& event_loop, NamedFds::Dispose close_fd)
        : loop(event_loop), dispose(std::move(close_fd)) {}

    EventLoop& loop;
    Log log = {};
    std::string name = {};      ///< For the log: where it listens.
    NamedFds::Dispose dispose;  ///< May be empty; see NamedFds.
    MonitorFds fds{dispose};
    std::vector<char> read_buffer = std::vector<char>(limits::kMonitorRead);
};

}  // namespace net
