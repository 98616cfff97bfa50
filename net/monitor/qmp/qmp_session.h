// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/event_loop.h"
#include "net/monitor/fds/pending_fds.h"
#include "net/monitor/qmp/call.h"
#include "net/monitor/qmp/client_monitor.h"
#include "net/monitor/qmp/command_table.h"
#include "net/monitor/qmp/request.h"
#include "net/monitor/wire/client_stream.h"
#include "net/monitor/wire/message_framer.h"
#include "net/monitor/wire/silence.h"
#include "net/monitor/wire/transport.h"

namespace qnetdev {

/// A QMP monitor.
struct QmpMonitor : ClientMonitor {
    QmpMonitor(EventLoop& event_loop, const CommandTable& command_table, NamedFds::Dispose close_fd)
        : ClientMonitor(event_loop, std::move(close_fd)), commands(command_table) {}

    const CommandTable& commands;
    qapi::VersionInfo version = {};  ///< For the greeting.
    qapi::JsonLayout layout = qapi::JsonLayout::line;
};

/// One client of a QMP monitor: greeting, negotiation, commands in their order, events.
///
/// Commands are executed as they come. One that is not answered at once holds up the later ones of
/// this client, and of no other. With the capability `oob`, reading goes on meanwhile and exec-oob
/// commands are executed at once. A client that only stops sending still gets its answers. Never
/// waits for a client: a slow one is not read from, and one that does not even take its events is
/// cut off.
///
/// On a network socket, whoever sends anything but JSON objects before the negotiation is cut off
/// at the first such byte, and nothing behind it is looked at: it speaks another protocol, whose
/// contents may be somebody else's. A web page can make a browser of this host send a request.
class QmpSession : public Caller, public std::enable_shared_from_this<QmpSession> {
public:
    /// `on_end` is called once, when the client is gone; never before start() has returned.
    QmpSession(QmpMonitor& monitor, Transport transport, std::function<void(QmpSession&)> on_end);
    QmpSession(const QmpSession&) = delete;
    QmpSession& operator=(const QmpSession&) = delete;

    /// Sends the greeting and starts reading.
    Result<void> start();

    /// Sends an event, if the client is past the negotiation.
    void send_event(std::string_view message);
    /// Stops reading. What is still to be sent is sent if the kernel takes it now.
    void shut_down();
    /// Whether it may lose its place to another client: it has been silent for too long, and not
    /// even negotiated.
    bool gives_way() const { return silence_.is_too_long(); }
    const QmpMonitor& monitor() const { return monitor_; }

    NamedFds& named_fds() override { return monitor_.fds; }
    UniqueFd take_fd() override { return pending_fds_.take(); }
    Result<void> negotiate(const std::vector<qapi::QMPCapability>& enable) override;
    void reply(const CallTag& tag, const WriteValue& write) override;
    void fail(const CallTag& tag, const Error& error) override;
    qapi::JsonLayout layout() const { return monitor_.layout; }

private:
    /// What waits for the in-band command that is busy: a message, why there is none, or
    /// descriptors that arrived at this place.
    struct Item {
        std::string text = {};
        std::optional<Error> error = {};
        std::vector<UniqueFd> fds = {};
    };

    void on_ready(unsigned ready);
    void read_some();
    void run(std::string_view bytes);
    bool may_frame() const;
    bool must_wait() const { return busy_ || !queue_.empty(); }

    bool is_stranger(const MessageFramer::Frame& frame);
    void cut_off_stranger();
    void handle(const MessageFramer::Frame& frame);
    void handle_while_busy(const MessageFramer::Frame& frame);
    void handle_queued();
    void execute(std::string_view text);
    void dispatch(const qapi::Document& document, const Request& request);
    void refuse(const qapi::Document* document, const Error& error);
    void answer(const std::string& message, bool out_of_band);

    void send(std::string_view message);
    void update_watches();
    void end_if_done();
    void end();

    QmpMonitor& monitor_;
    ClientStream stream_;
    std::function<void(QmpSession&)> on_end_;
    MessageFramer framer_ = {};
    ClientFds client_fds_{monitor_};
    PendingFds pending_fds_{[this](UniqueFd fd) { client_fds_.dispose(std::move(fd)); }};
    std::deque<Item> queue_ = {};
    std::size_t queued_bytes_ = 0;  ///< Of the texts in it.
    std::string unread_ = {};       ///< Read from the client, not yet cut into messages.
    Timer resume_timer_ = {};
    Silence silence_ = {};  ///< Up to the negotiation.
    bool resume_is_due_ = false;
    bool negotiated_ = false;
    bool oob_ = false;
    bool busy_ = false;         ///< An in-band command has not been answered.
    bool input_ended_ = false;  ///< The client sends no more, and may wait for answers.
    bool running_ = false;
    bool ended_ = false;
};

}  // namespace qnetdev
