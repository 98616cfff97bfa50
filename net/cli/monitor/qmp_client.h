// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/cli/json_text.h"
#include "net/monitor/wire/message_framer.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev::cli {

/// The client's end of a QMP connection. Every wait is bounded, and cut short by a signal.
class QmpClient {
public:
    using OnEvent = std::function<void(std::string_view json)>;

    struct Options {
        std::chrono::milliseconds timeout = std::chrono::seconds(30);
        /// Nothing is waited for any more once it can be read; -1: none. Borrowed.
        int cancel_fd = -1;
        OnEvent on_event = {};
    };

    /// Takes a connected socket, waits for the greeting, and ends the negotiation.
    static Result<std::unique_ptr<QmpClient>> start(UniqueFd socket, Options options);

    /// Sends a message, descriptors with its first byte, and waits for the answer to it. One that
    /// cannot be read is null.
    Result<Json> execute(std::string_view message, const std::vector<int>& fds);

    /// The same for what can do without an answer: waits for it only so long, and forgets it if it
    /// comes later.
    Result<Json> ask(std::string_view message, std::chrono::milliseconds timeout);

    /// To be polled for events between commands.
    int fd() const { return socket_.get(); }
    /// Reads what has come: events. Fails if the connection has ended.
    Result<void> read_events();

private:
    using Clock = std::chrono::steady_clock;

    QmpClient(UniqueFd socket, Options options)
        : socket_(std::move(socket)), options_(std::move(options)) {}

    Result<void> send(std::string_view message, const std::vector<int>& fds);
    Result<Json> await_message(std::chrono::milliseconds timeout);
    Result<void> await_input(Clock::time_point deadline) const;
    Result<void> read_some();
    std::optional<Json> next_answer();

    UniqueFd socket_;
    Options options_;
    MessageFramer framer_ = {};
    std::string unread_ = {};
    bool greeted_ = false;
    std::size_t forgotten_ = 0;  ///< Answers that nobody waits for any more.
};

}  // namespace qnetdev::cli
