// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "net/cli/line_editor.h"
#include "net/event_loop.h"
#include "net/monitor.h"

namespace qnetdev::cli {

/// The human monitor on the terminal that the program was started from, with line editing.
class MonitorTerminal {
public:
    /// `loop` and `monitor` must outlive it. Banner and prompt appear at once.
    static Result<std::unique_ptr<MonitorTerminal>> start(EventLoop& loop, NetMonitor& monitor);
    MonitorTerminal(const MonitorTerminal&) = delete;
    MonitorTerminal& operator=(const MonitorTerminal&) = delete;

private:
    MonitorTerminal(EventLoop& loop, NetMonitor& monitor);

    void end();
    void on_readable();
    void execute(const std::string& line);
    void update_watch();

    EventLoop& loop_;
    NetMonitor& monitor_;
    LineEditor editor_;
    /// Tells the output of a line that is done too late that there is nobody to read it.
    std::shared_ptr<MonitorTerminal*> self_ = std::make_shared<MonitorTerminal*>(this);
    FdWatch watch_ = {};
    Timer key_timer_ = {};
};

}  // namespace qnetdev::cli
