// SPDX-License-Identifier: MIT
#include "net/monitor/qmp/qmp_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "qapi/control_tables.h"
#include "qapi/json_reader.h"

namespace qnetdev {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kNegotiate = "qmp_capabilities";

Error not_found(std::string message) {
    return Error(std::move(message), ErrorClass::command_not_found).with_stage(Stage::parse);
}

std::string greeting(const QmpMonitor& monitor) {
    qapi::JsonWriter writer(monitor.layout);
    writer.begin_object();
    writer.key("QMP");
    writer.begin_object();
    writer.key("version");
    qapi::OutputVisitor(writer).write(monitor.version);
    writer.key("capabilities");
    qapi::OutputVisitor(writer).write(std::vector{qapi::QMPCapability::oob});
    writer.end_object();
    writer.end_object();
    return writer.take();
}

}  // namespace

QmpSession::QmpSession(QmpMonitor& monitor, Transport transport,
                       std::function<void(QmpSession&)> on_end)
    : monitor_(monitor), stream_(monitor.loop, std::move(transport)), on_end_(std::move(on_end)) {}

Result<void> QmpSession::start() {
    running_ = true;
    send(greeting(monitor_));
    running_ = false;
    NET_TRY(stream_.start([this](unsigned ready) { on_ready(ready); }));
    stream_.flush();
    update_watches();
    return {};
}

// Input.

void QmpSession::on_ready(unsigned ready) {
    const std::shared_ptr<QmpSession> guard = shared_from_this();
    if ((ready & fd_writable) != 0) {
        stream_.flush();
        run({});  // which may have waited for the client to take its answers
    }
    if (ended_) {
        return;
    }
    if ((ready & (fd_readable | fd_broken)) != 0 && unread_.empty() && may_frame()) {
        read_some();
    } else if ((ready & fd_broken) != 0 && !resume_is_due_) {
        end();  // nobody waits for the answers any more
    } else {
        update_watches();  // what others have sent may have to be closed first
    }
}

void QmpSession::read_some() {
    Result<Transport::Received> received = stream_.transport().receive(monitor_.read_buffer);
    if (!received) {
        return end();
    }
    if (received->end) {
        input_ended_ = true;
        stream_.end_input();
        return run({});
    }
    if (!received->fds.empty()) {
        client_fds_.note_arrival();
        if (must_wait()) {
            queue_.push_back({.fds = std::move(received->fds)});
        } else {
            pending_fds_.replace(std::move(received->fds));
        }
    }
    run({monitor_.read_buffer.data(), received->length});
}

bool QmpSession::may_frame() const {
    return !input_ended_ && !client_fds_.is_blocked() && (oob_ || !busy_) &&
           queue_.size() < limits::kMonitorQueue && queued_bytes_ < limits::kMonitorQueueBytes &&
           stream_.backlog() < limits::kMonitorOutput;
}

/// Goes on with what waits, then with `bytes`, as far as it may for now.
void QmpSession::run(std::string_view bytes) {
    if (running_ || ended_) {
        return;
    }
    const std::shared_ptr<QmpSession> guard = shared_from_this();
    running_ = true;
    resume_timer_.reset();
    resume_is_due_ = false;
    const std::string held = std::exchange(unread_, {});
    if (bytes.empty()) {
        bytes = held;
    }
    const Clock::time_point deadline = Clock::now() + limits::kMonitorSlice;
    while (!ended_) {
        if (!busy_ && !queue_.empty()) {
            handle_queued();
        } else if (bytes.empty() || !may_frame()) {
            break;
        } else if (Clock::now() >= deadline) {
            resume_is_due_ = true;
            break;
        } else if (const std::optional<MessageFramer::Frame> frame = framer_.next(bytes)) {
            handle(*frame);
        }
    }
    unread_.assign(bytes);
    running_ = false;
    stream_.flush();
    end_if_done();
    update_watches();
}

/// A client that sends no more gets what it has asked for. Whoever reads standard output goes on
/// to get events.
void QmpSession::end_if_done() {
    if (input_ended_ && !must_wait() && stream_.backlog() == 0 && !stream_.can_outlive_input()) {
        end();
    }
}

/// No method of HTTP begins with a brace, and no record of TLS.
bool QmpSession::is_stranger(const MessageFramer::Frame& frame) {
    const std::size_t first = frame.text.find_first_not_of(" \t\r\n");
    return !negotiated_ && stream_.transport().is_network() &&
           (first == frame.text.npos || frame.text[first] != '{');
}

void QmpSession::cut_off_stranger() {
    monitor_.log.warning("monitor " + monitor_.name +
                         ": a client that does not speak QMP is cut off");
    end();
}

void QmpSession::handle(const MessageFramer::Frame& frame) {
    if (is_stranger(frame)) {
        cut_off_stranger();
    } else if (must_wait()) {
        handle_while_busy(frame);
    } else if (frame.error.has_value()) {
        refuse(nullptr, *frame.error);
    } else {
        execute(frame.text);
    }
}

/// Only with the capability `oob`: without, nothing is read meanwhile.
void QmpSession::handle_while_busy(const MessageFramer::Frame& frame) {
    if (frame.error.has_value()) {
        queue_.push_back({.error = frame.error});
        return;
    }
    const Result<qapi::Document> document = qapi::parse_json(frame.text);
    if (document) {
        const Result<Request> request = read_request(*document, oob_);
        if (request && request->out_of_band) {
            return dispatch(*document, *request);
        }
    }
    queue_.push_back({.text = std::string(frame.text)});
    queued_bytes_ += frame.text.size();
}

void QmpSession::handle_queued() {
    Item item = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= item.text.size();
    if (!item.fds.empty()) {
        pending_fds_.replace(std::move(item.fds));
    } else if (item.error.has_value()) {
        refuse(nullptr, *item.error);
    } else {
        execute(item.text);
    }
}

// Commands.

void QmpSession::execute(std::string_view text) {
    const Result<qapi::Document> document = qapi::parse_json(text);
    if (!document) {
        return refuse(nullptr, document.error());
    }
    const Result<Request> request = read_request(*document, oob_);
    if (!request) {
        return refuse(&*document, request.error());
    }
    dispatch(*document, *request);
}

void QmpSession::dispatch(const qapi::Document& document, const Request& request) {
    if (!negotiated_ && request.command != kNegotiate) {
        return refuse(&document, not_found("the first command must be 'qmp_capabilities'"));
    }
    busy_ = busy_ || !request.out_of_band;
    CallTag tag{request_id(document, monitor_.layout), request.out_of_band};
    monitor_.commands.execute(document, request, Call(weak_from_this(), std::move(tag)));
}

/// Answers what has not become a call.
void QmpSession::refuse(const qapi::Document* document, const Error& error) {
    const std::string id = document != nullptr ? request_id(*document, monitor_.layout) : "";
    send(error_message(id, error, monitor_.layout));
}

void QmpSession::reply(const CallTag& tag, const WriteValue& write) {
    answer(reply_message(tag.id, write, monitor_.layout), tag.out_of_band);
}

void QmpSession::fail(const CallTag& tag, const Error& error) {
    answer(error_message(tag.id, error, monitor_.layout), tag.out_of_band);
}

void QmpSession::answer(const std::string& message, bool out_of_band) {
    send(message);
    if (!out_of_band) {
        busy_ = false;
    }
    run({});  // nothing if run() is what we are called from
}

Result<void> QmpSession::negotiate(const std::vector<qapi::QMPCapability>& enable) {
    if (negotiated_) {
        return not_found("the capabilities have been negotiated already");
    }
    oob_ = std::find(enable.begin(), enable.end(), qapi::QMPCapability::oob) != enable.end();
    negotiated_ = true;
    silence_.end();
    return {};
}

// Output.

void QmpSession::send_event(std::string_view message) {
    if (negotiated_) {
        send(message);
    }
}

void QmpSession::send(std::string_view message) {
    if (ended_) {
        return;
    }
    stream_.append(message);
    stream_.append("\r\n");
    if (!running_) {
        stream_.flush();
        update_watches();
    }
    if (stream_.backlog() > limits::kMonitorBacklog) {
        monitor_.log.warning("monitor " + monitor_.name +
                             ": a client that does not read is cut off");
        end();
    }
}

void QmpSession::update_watches() {
    if (ended_) {
        return;
    }
    const bool reads = unread_.empty() && may_frame();
    stream_.watch(reads);
    if (client_fds_.is_blocked()) {
        resume_timer_ = Timer(monitor_.loop, limits::kDisposerRetry, [this] { run({}); });
    } else if (resume_is_due_ || (reads && !stream_.is_watched())) {
        resume_timer_ = Timer(monitor_.loop, std::chrono::milliseconds(0),
                              [this] { resume_is_due_ ? run({}) : on_ready(fd_readable); });
    }
}

void QmpSession::shut_down() {
    stream_.drain();
    end();
}

void QmpSession::end() {
    if (std::exchange(ended_, true)) {
        return;
    }
    const std::shared_ptr<QmpSession> guard = shared_from_this();
    stream_.stop();
    resume_timer_.reset();
    pending_fds_.replace({});
    for (Item& item : queue_) {
        pending_fds_.replace(std::move(item.fds));
    }
    queue_.clear();
    queued_bytes_ = 0;
    pending_fds_.replace({});
    if (stream_.transport().carries_fds()) {
        client_fds_.dispose_connection(stream_.transport().release());
    }
    on_end_(*this);
}

}  // namespace qnetdev
