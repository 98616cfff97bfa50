// SPDX-License-Identifier: MIT
#include "net/monitor/hmp/hmp_session.h"

#include <chrono>
#include <utility>

namespace qnetdev {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

HmpSession::HmpSession(HmpMonitor& monitor, Transport transport,
                       std::function<void(HmpSession&)> on_end)
    : monitor_(monitor), stream_(monitor.loop, std::move(transport)), on_end_(std::move(on_end)) {}

Result<void> HmpSession::start() {
    stream_.append(monitor_.banner + "\r\n");
    stream_.append(kHmpPrompt);
    NET_TRY(stream_.start([this](unsigned ready) { on_ready(ready); }));
    stream_.flush();
    update_watches();
    return {};
}

// Input.

void HmpSession::on_ready(unsigned ready) {
    const std::shared_ptr<HmpSession> guard = shared_from_this();
    if ((ready & fd_writable) != 0) {
        stream_.flush();
        run();  // which may have waited for the client to take its output
    }
    if (ended_) {
        return;
    }
    if ((ready & (fd_readable | fd_broken)) != 0 && !input_ended_ && may_execute() &&
        !resume_is_due_) {
        read_some();
    } else if ((ready & fd_broken) != 0 && !resume_is_due_) {
        end();  // nobody waits for the output any more
    } else {
        update_watches();  // what others have sent may have to be closed first
    }
}

void HmpSession::read_some() {
    Result<Transport::Received> received = stream_.transport().receive(monitor_.read_buffer);
    if (!received) {
        return end();
    }
    if (!received->fds.empty()) {
        client_fds_.note_arrival();
        pending_fds_.replace(std::move(received->fds));
    }
    if (received->end) {
        input_ended_ = true;
        stream_.end_input();
        unread_.push_back('\n');  // of a line that nobody ended
    }
    unread_.append(monitor_.read_buffer.data(), received->length);
    run();
}

bool HmpSession::may_execute() const {
    return !busy_ && !client_fds_.is_blocked() && stream_.backlog() < limits::kMonitorOutput;
}

/// Executes the lines that have been read, as far as it may for now.
void HmpSession::run() {
    if (running_ || ended_) {
        return;
    }
    const std::shared_ptr<HmpSession> guard = shared_from_this();
    running_ = true;
    resume_timer_.reset();
    resume_is_due_ = false;
    const Clock::time_point deadline = Clock::now() + limits::kMonitorSlice;
    std::string line;
    const bool network = stream_.transport().is_network();
    while (!ended_ && may_execute() && next_line(line)) {
        if (network && is_foreign_line(line)) {
            cut_off_stranger();
            break;
        }
        execute(line);
        if (Clock::now() >= deadline) {
            resume_is_due_ = true;
            break;
        }
    }
    running_ = false;
    if (ended_) {
        return;
    }
    unread_.erase(0, at_);
    at_ = 0;
    stream_.flush();
    if (input_ended_ && unread_.empty() && !busy_ && stream_.backlog() == 0) {
        return end();
    }
    update_watches();
}

/// Takes a complete line, without its end, off the input.
bool HmpSession::next_line(std::string& line) {
    const std::size_t end = unread_.find('\n', at_);
    const std::size_t length = (end == unread_.npos ? unread_.size() : end) - at_;
    if (length > limits::kMonitorLine && stream_.transport().is_network()) {
        cut_off_stranger();
        return false;
    }
    if (length > limits::kMonitorLine && !std::exchange(skipping_, true)) {
        stream_.append("Error: " + line_too_long().message() + "\r\n");
    }
    if (end == unread_.npos) {
        at_ += skipping_ ? length : 0;
        return false;
    }
    line = std::exchange(skipping_, false) ? std::string() : unread_.substr(at_, length);
    at_ = end + 1;
    return true;
}

void HmpSession::cut_off_stranger() {
    monitor_.log.warning("monitor " + monitor_.name +
                         ": a client that does not speak to a human monitor is cut off");
    end();
}

void HmpSession::execute(const std::string& line) {
    busy_ = true;
    silence_.end();
    monitor_.table.execute(
        line, HmpCall(weak_from_this(), [weak = weak_from_this()](const HumanOutput& output) {
            if (const std::shared_ptr<HmpSession> session = weak.lock()) {
                session->on_done(output);
            }
        }));
}

void HmpSession::on_done(const HumanOutput& output) {
    if (ended_) {
        return;
    }
    busy_ = false;
    stream_.append(output.text);
    if (!output.last) {
        stream_.append(kHmpPrompt);
    }
    run();  // nothing if run() is what we are called from
}

// The end.

void HmpSession::update_watches() {
    const bool reads = may_execute() && !resume_is_due_ && !input_ended_;
    stream_.watch(reads);
    if (client_fds_.is_blocked()) {
        resume_timer_ = Timer(monitor_.loop, limits::kDisposerRetry, [this] { run(); });
    } else if (resume_is_due_ || (reads && !stream_.is_watched())) {
        resume_timer_ = Timer(monitor_.loop, std::chrono::milliseconds(0),
                              [this] { resume_is_due_ ? run() : on_ready(fd_readable); });
    }
}

void HmpSession::shut_down() {
    stream_.drain();
    end();
}

void HmpSession::end() {
    if (std::exchange(ended_, true)) {
        return;
    }
    const std::shared_ptr<HmpSession> guard = shared_from_this();
    stream_.stop();
    resume_timer_.reset();
    pending_fds_.replace({});
    if (stream_.transport().carries_fds()) {
        client_fds_.dispose_connection(stream_.transport().release());
    }
    on_end_(*this);
}

}  // namespace qnetdev
