// SPDX-License-Identifier: MIT
#include "net/cli/monitor/qmp_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "net/base/send_fds.h"

namespace qnetdev::cli {
namespace {

/// Makes a blocking send give up after the time that an answer may take.
void bound_sends(int socket, std::chrono::milliseconds timeout) {
    timeval bound = {};
    bound.tv_sec = timeout.count() / 1000;
    bound.tv_usec = timeout.count() % 1000 * 1000;
    (void)setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
}

}  // namespace

Result<std::unique_ptr<QmpClient>> QmpClient::start(UniqueFd socket, Options options) {
    bound_sends(socket.get(), options.timeout);
    std::unique_ptr<QmpClient> client(new QmpClient(std::move(socket), std::move(options)));
    const Json greeting = NET_TRY(client->await_message(client->options_.timeout));
    if (!greeting.contains("QMP")) {
        return Error("no QMP monitor is there: it does not greet as one")
            .with_hint("is it a human monitor's socket?");
    }
    client->greeted_ = true;
    const std::string negotiate = write_json({{"execute", "qmp_capabilities"}});
    const Json answer = NET_TRY(client->execute(negotiate, {}));
    if (answer.contains("error")) {
        return Error("the monitor refuses to negotiate: " + write_json(answer));
    }
    return client;
}

Result<Json> QmpClient::execute(std::string_view message, const std::vector<int>& fds) {
    NET_TRY(send(message, fds));
    return await_message(options_.timeout);
}

Result<Json> QmpClient::ask(std::string_view message, std::chrono::milliseconds timeout) {
    if (forgotten_ > 0) {
        return Error("the monitor is busy");
    }
    NET_TRY(send(message, {}));
    Result<Json> answer = await_message(timeout);
    forgotten_ += answer ? 0 : 1;
    return answer;
}

Result<void> QmpClient::send(std::string_view message, const std::vector<int>& fds) {
    if (fds.size() > kMaxFdsPerMessage) {
        return Error("a command can take at most " + std::to_string(kMaxFdsPerMessage) +
                     " descriptors along, not " + std::to_string(fds.size()));
    }
    std::span<const int> unsent = fds;
    while (!message.empty()) {
        const ssize_t length = send_with_fds(socket_.get(), message, unsent);
        if (length < 0) {
            return Error::from_errno(errno, "cannot send to the monitor");
        }
        message.remove_prefix(static_cast<std::size_t>(length));
        unsent = {};
    }
    return {};
}

Result<Json> QmpClient::await_message(std::chrono::milliseconds timeout) {
    const Clock::time_point deadline = Clock::now() + timeout;
    while (true) {
        if (std::optional<Json> answer = next_answer()) {
            if (forgotten_ == 0) {
                return *std::move(answer);
            }
            --forgotten_;
            continue;
        }
        NET_TRY(await_input(deadline));
        NET_TRY(read_some());
    }
}

Result<void> QmpClient::await_input(Clock::time_point deadline) const {
    std::array<pollfd, 2> entries = {{{socket_.get(), POLLIN, 0}, {options_.cancel_fd, POLLIN, 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int ready = left <= 0 ? 0 : poll(entries.data(), entries.size(), static_cast<int>(left));
    if (ready == 0) {
        return Error("the monitor has not answered within " +
                     std::to_string(options_.timeout.count() / 1000) + " s")
            .with_hint("--timeout gives it longer");
    }
    if (entries[1].revents != 0) {
        return Error("interrupted");
    }
    return {};
}

Result<void> QmpClient::read_some() {
    std::array<char, 65536> buffer;
    const ssize_t length = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (length == 0) {
        return Error("the monitor has closed the connection");
    }
    if (length < 0 && errno != EAGAIN && errno != EINTR) {
        return Error::from_errno(errno, "cannot read from the monitor");
    }
    unread_.append(buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    return {};
}

/// The next message that is no event, if it is complete.
std::optional<Json> QmpClient::next_answer() {
    std::string_view rest = unread_;
    std::optional<Json> answer;
    while (!answer) {
        const std::optional<MessageFramer::Frame> frame = framer_.next(rest);
        if (!frame) {
            break;
        }
        if (frame->error.has_value()) {
            if (!greeted_) {
                answer.emplace();  // this is no monitor of ours
            }
            continue;  // later, what is no JSON is nothing that was asked for
        }
        Result<Json> message = read_json(frame->text);
        if (message && message->contains("event")) {
            if (options_.on_event) {
                options_.on_event(frame->text);
            }
            continue;
        }
        answer = message ? *std::move(message) : Json();
    }
    unread_.erase(0, unread_.size() - rest.size());
    return answer;
}

Result<void> QmpClient::read_events() {
    NET_TRY(read_some());
    if (next_answer() && forgotten_ > 0) {
        --forgotten_;
    }
    return {};
}

}  // namespace qnetdev::cli
