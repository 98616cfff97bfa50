// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/event_loop.h"
#include "net/monitor/fds/pending_fds.h"
#include "net/monitor/hmp/hmp_table.h"
#include "net/monitor/qmp/client_monitor.h"
#include "net/monitor/wire/client_stream.h"
#include "net/monitor/wire/silence.h"

namespace qnetdev {

/// A human monitor.
struct HmpMonitor : ClientMonitor {
    HmpMonitor(EventLoop& event_loop, const HmpTable& hmp_table, NamedFds::Dispose close_fd)
        : ClientMonitor(event_loop, std::move(close_fd)), table(hmp_table) {}

    const HmpTable& table;
    std::string banner = {};  ///< The first line that a client gets.
};

/// Asks for a line.
inline constexpr std::string_view kHmpPrompt = "(qemu) ";

/// One client of a human monitor, which sends lines: banner, then a prompt for each command.
///
/// Nothing is echoed. A line that is not done at once holds up this client, and no other. Never
/// waits for a client: one that does not take its output is not read from. On a network socket, a
/// line of another protocol (is_foreign_line()) cuts the client off, as does one that is too long:
/// nothing behind it is executed.
class HmpSession : public FdClient, public std::enable_shared_from_this<HmpSession> {
public:
    /// `on_end` is called once, when the client is gone; never before start() has returned.
    HmpSession(HmpMonitor& monitor, Transport transport, std::function<void(HmpSession&)> on_end);
    HmpSession(const HmpSession&) = delete;
    HmpSession& operator=(const HmpSession&) = delete;

    /// Sends banner and prompt, and starts reading.
    Result<void> start();
    /// Stops reading. What is still to be sent is sent if the kernel takes it now.
    void shut_down();
    /// Whether it may lose its place to another client: it has been silent for too long, and not
    /// sent a line.
    bool gives_way() const { return silence_.is_too_long(); }
    const HmpMonitor& monitor() const { return monitor_; }

    NamedFds& named_fds() override { return monitor_.fds; }
    UniqueFd take_fd() override { return pending_fds_.take(); }

private:
    void on_ready(unsigned ready);
    void read_some();
    void run();
    bool may_execute() const;
    bool next_line(std::string& line);
    void cut_off_stranger();
    void execute(const std::string& line);
    void on_done(const HumanOutput& output);
    void update_watches();
    void end();

    HmpMonitor& monitor_;
    ClientStream stream_;
    std::function<void(HmpSession&)> on_end_;
    ClientFds client_fds_{monitor_};
    PendingFds pending_fds_{[this](UniqueFd fd) { client_fds_.dispose(std::move(fd)); }};
    std::string unread_ = {};  ///< Read from the client, not yet executed.
    std::size_t at_ = 0;       ///< Bytes of unread_ that are done.
    Silence silence_ = {};     ///< Up to the first line.
    Timer resume_timer_ = {};
    bool resume_is_due_ = false;
    bool skipping_ = false;  ///< The rest of a line that is too long.
    bool busy_ = false;      ///< A line is being executed.
    bool running_ = false;
    bool input_ended_ = false;
    bool ended_ = false;
};

}  // namespace qnetdev
