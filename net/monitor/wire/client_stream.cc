// SPDX-License-Identifier: MIT
#include "net/monitor/wire/client_stream.h"

#include <cerrno>
#include <utility>

namespace net {

Result<void> ClientStream::start(OnReady on_ready) {
    Result<FdWatch> watch = FdWatch::create(loop_, transport_.input(), fd_readable, on_ready);
    if (watch) {
        input_watch_ = *std::move(watch);
    } else if (watch.error().errnum() != EPERM) {
        return std::move(watch).error();
    }
    if (transport_.output() != transport_.input()) {
        watch = FdWatch::create(loop_, transport_.output(), fd_none, std::move(on_ready));
        if (watch) {
            output_watch_ = *std::move(watch);
        }
    }
    return {};
}

void ClientStream::stop() {
    input_watch_.reset();
    output_watch_.reset();
    deaf_ = true;
}

void ClientStream::append(std::string_view bytes) {
    if (!deaf_) {
        output_.append(bytes);
    }
}

void ClientStream::flush() {
    while (sent_ < output_.size() && !deaf_) {
        const Result<std::size_t> taken = transport_.send(std::string_view(output_).substr(sent_));
        if (!taken) {
            // What the client sent before it went away is still executed.
            deaf_ = true;
            break;
        }
        if (*taken == 0) {
            return;
        }
        sent_ += *taken;
    }
    output_.clear();
    sent_ = 0;
}

void ClientStream::watch(bool reads) {
    const unsigned reading = reads ? fd_readable : fd_none;
    const unsigned writing = backlog() > 0 ? fd_writable : fd_none;
    if (output_watch_) {
        (void)output_watch_.set_events(writing);
    }
    if (input_watch_) {
        watch_input(transport_.output() == transport_.input() ? reading | writing : reading);
    }
}

void ClientStream::watch_input(unsigned events) {
    if (std::exchange(watched_, events) != events) {
        (void)input_watch_.set_events(events);
    }
}

void ClientStream::end_input() {
    if (transport_.output() != transport_.input()) {
        input_watch_.reset();
    }
}

}  // namespace net
