// SPDX-License-Identifier: MIT
#include "net/monitor/wire/client_stream.h"

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace qnetdev {
namespace {

/// How long the end waits for the reader of standard output to take what is left.
constexpr std::chrono::milliseconds kDrain{5000};

}  // namespace

Result<void> ClientStream::start(OnReady on_ready) {
    if (is_apart()) {
        Result<FdWatch> output =
            FdWatch::create(loop_, transport_.output(), fd_none, [this, on_ready](unsigned ready) {
                look_at_output(ready);
                on_ready(fd_writable);
            });
        if (output) {
            output_watch_ = *std::move(output);
        }
        on_ready = [this, on_ready](unsigned ready) {
            look_at_input(ready);
            on_ready(fd_readable);
        };
    }
    Result<FdWatch> input =
        FdWatch::create(loop_, transport_.input(), fd_readable, std::move(on_ready));
    if (input) {
        input_watch_ = *std::move(input);
    } else if (input.error().errnum() != EPERM) {
        return std::move(input).error();
    }
    return {};
}

/// Who has closed the other end of a pipe may still wait for answers, and what he wrote is there:
/// from here on a read does not wait, so the pipe is read as a regular file is.
void ClientStream::look_at_input(unsigned ready) {
    if ((ready & fd_broken) != 0) {
        input_watch_.reset();
    }
}

/// Nobody can read any more. What was sent before is still executed.
void ClientStream::look_at_output(unsigned ready) {
    if ((ready & fd_broken) != 0) {
        output_watch_.reset();
        deaf_ = true;
    }
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

void ClientStream::drain() {
    const auto deadline = std::chrono::steady_clock::now() + kDrain;
    for (flush(); is_apart() && backlog() > 0; flush()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd entry = {transport_.output(), POLLOUT, 0};
        if (left.count() <= 0 || poll(&entry, 1, static_cast<int>(left.count())) == 0) {
            return;
        }
    }
}

void ClientStream::watch(bool reads) {
    const unsigned reading = reads ? fd_readable : fd_none;
    const unsigned writing = backlog() > 0 ? fd_writable : fd_none;
    if (output_watch_) {
        (void)output_watch_.set_events(writing);
    }
    if (input_watch_) {
        watch_input(is_apart() ? reading : reading | writing);
    }
}

void ClientStream::watch_input(unsigned events) {
    if (std::exchange(watched_, events) != events) {
        (void)input_watch_.set_events(events);
    }
}

void ClientStream::end_input() {
    if (is_apart()) {
        input_watch_.reset();
    }
}

}  // namespace qnetdev
