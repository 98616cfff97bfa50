// SPDX-License-Identifier: MIT
#include "net/bridge/run_helper.h"

#include <glib.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <memory>
#include <utility>

#include "net/base/control_characters.h"
#include "net/base/limits.h"
#include "net/base/receive_fds.h"
#include "net/base/traced_subprocess.h"
#include "net/bridge/helper_answer.h"

namespace qnetdev {
namespace {

std::string quoted(std::string_view helper) {
    return "helper '" + std::string(helper) + "'";
}

Error helper_error(const HelperRequest& request, const std::string& what) {
    return Error(quoted(request.helper) + " " + what).with_param("helper");
}

std::string resolve_program(const std::string& program) {
    if (program.find('/') != std::string::npos) {
        return program;
    }
    const std::unique_ptr<char, decltype(&g_free)> found(g_find_program_in_path(program.c_str()),
                                                         &g_free);
    return found ? std::string(found.get()) : program;
}

/// What has come over the socket so far.
struct Answer {
    std::vector<UniqueFd> fds = {};
    bool truncated = false;
    bool without_fd = false;  ///< Data came without a descriptor...
    bool refusal = false;     ///< ...and was the marker of a reason.
    bool ended = false;       ///< Nothing more can come.

    void take(char data, FdMessage message) {
        const bool at_end = message.length == 0;
        std::move(message.fds.begin(), message.fds.end(), std::back_inserter(fds));
        truncated = truncated || message.truncated;
        ended = ended || at_end;
        if (message.fds.empty() && !at_end && !message.truncated) {
            without_fd = true;
            refusal = fds.empty() && data == kRefusalMarker;
        }
    }
    bool is_done(unsigned queues) const {
        return ended || truncated || without_fd || fds.size() >= queues;
    }
};

Error timed_out(const HelperRequest& request, const char* what, TracedSubprocess& child) {
    child.kill_group();
    return helper_error(request, std::string(what) + " within " +
                                     std::to_string(request.timeout.count()) + " ms and " +
                                     child.describe_kill() + describe_output(child.output()))
        .with_hint(child.kill_hint());
}

Error interrupted(const HelperRequest& request, TracedSubprocess& child) {
    child.kill_group();
    return helper_error(request, "was interrupted" + child.describe_survivors())
        .with_hint(child.kill_hint());
}

/// How many bytes came, and the descriptors: "1 with fd 8 9".
std::string show_message(const Result<FdMessage>& message) {
    if (!message) {
        return trace_failure(message.error());
    }
    std::string text = std::to_string(message->length);
    text.append(message->fds.empty() ? "" : " with fd");
    for (const UniqueFd& fd : message->fds) {
        text.append(" ").append(std::to_string(fd.get()));
    }
    return text.append(message->truncated ? " and more that found no room" : "");
}

/// Takes the next message; EAGAIN if there is none.
Result<void> receive(const HelperRequest& request, int socket, Answer& answer) {
    char data = 0;
    Result<FdMessage> message = request.tracer.run(
        "recvmsg", std::to_string(socket),
        [&] {
            return receive_fds(socket, {&data, 1});
        },
        show_message);
    if (message) {
        answer.take(data, *std::move(message));
        return {};
    }
    // A helper that ends with data of ours unread resets the connection, which is its end all the
    // same.
    if (message.error().errnum() == ECONNRESET) {
        answer.ended = true;
        return {};
    }
    return std::move(message).error().with_prefix(quoted(request.helper)).with_param("helper");
}

/// Waits until the helper has sent everything or something odd, ends or runs out of time.
Result<Answer> await_answer(const HelperRequest& request, TracedSubprocess& child, int socket,
                            Subprocess::Clock::time_point deadline) {
    Answer answer;
    while (!answer.is_done(request.queues)) {
        switch (NET_TRY(child.wait(deadline, socket, request.cancel_fd))) {
            case Subprocess::Event::readable:
                break;
            case Subprocess::Event::exited:
                answer.ended = true;  // a process that it left behind may hold the socket
                return answer;
            case Subprocess::Event::timed_out:
                return timed_out(request, "did not answer", child);
            case Subprocess::Event::cancelled:
                return interrupted(request, child);
        }
        NET_TRY(receive(request, socket, answer));
    }
    return answer;
}

Result<void> await_end(const HelperRequest& request, TracedSubprocess& child,
                       Subprocess::Clock::time_point deadline) {
    if (child.status() == -1) {
        const Subprocess::Event event = NET_TRY(child.wait(deadline, -1, request.cancel_fd));
        if (event == Subprocess::Event::timed_out) {
            return timed_out(request, "did not end", child);
        }
        if (event == Subprocess::Event::cancelled) {
            return interrupted(request, child);
        }
    }
    return {};
}

/// For what a helper does that may have been asked for more queues than it knows of.
Error with_queues_hint(const HelperRequest& request, Error error) {
    if (request.queues == 1) {
        return error;
    }
    return std::move(error).with_hint(
        "'queues' above 1 needs a helper that knows --queues=N, such as qnetdev-bridge-helper; "
        "QEMU's does not");
}

/// The text that is there, at most `limit` bytes, without waiting. Empty on any error.
std::string receive_text(int socket, std::size_t limit) {
    std::string text(limit, '\0');
    std::size_t size = 0;
    while (size < limit) {
        const ssize_t count = recv(socket, text.data() + size, limit - size, MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            break;
        }
        size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    return text;
}

/// The reason that follows the marker: a message, and in a second line a hint.
Error refusal_error(const HelperRequest& request, int socket) {
    std::string text = receive_text(socket, limits::bridge_helper::kReason);
    const std::size_t newline = text.find('\n');
    const std::string hint = newline == std::string::npos ? "" : text.substr(newline + 1);
    return helper_error(request, "refused: " + replace_controls(text.substr(0, newline), ' '))
        .with_hint(replace_controls(hint, ' '));
}

Error failure(const HelperRequest& request, const Subprocess& child, const Answer& answer,
              int socket) {
    if (answer.refusal) {
        return refusal_error(request, socket);
    }
    return with_queues_hint(request, helper_error(request, describe_wait_status(child.status()) +
                                                               describe_output(child.output())));
}

std::string count_of(std::size_t count) {
    return count == 1 ? "one" : std::to_string(count);
}

/// The descriptors of a well-formed answer: exactly one for each queue.
Result<std::vector<UniqueFd>> expected_fds(const HelperRequest& request, Answer answer) {
    if (answer.truncated) {
        return helper_error(request, "sent descriptors that this process has no room for")
            .with_hint("raise the limit on open files: ulimit -n");
    }
    if (answer.without_fd) {
        return helper_error(request, "sent data without a descriptor");
    }
    if (answer.fds.empty()) {
        return helper_error(request, "ended without sending a descriptor")
            .with_hint(
                "a helper is told by --fd=N where to send one, as QEMU's qemu-bridge-helper does");
    }
    if (answer.fds.size() != request.queues) {
        Error error = helper_error(
            request,
            "sent " + count_of(answer.fds.size()) +
                (answer.fds.size() == 1 ? " descriptor instead of " : " descriptors instead of ") +
                count_of(request.queues));
        return answer.fds.size() < request.queues ? with_queues_hint(request, std::move(error))
                                                  : error;
    }
    return std::move(answer.fds);
}

/// What the helper has sent beyond what was awaited; it has ended, so that nothing is to wait for.
Result<void> take_the_rest(const HelperRequest& request, int socket, Answer& answer) {
    // One too many is as wrong as a thousand.
    while (!answer.ended && !answer.truncated && !answer.without_fd &&
           answer.fds.size() <= request.queues) {
        Result<void> received = receive(request, socket, answer);
        if (!received) {
            return received.error().errnum() == EAGAIN ? Result<void>() : received;
        }
    }
    return {};
}

bool is_one_word(std::string_view helper) {
    return helper.find_first_of(" \t") == std::string_view::npos;
}

void add_arguments(const HelperRequest& request, int socket, std::vector<std::string>& argv) {
    argv.emplace_back("--use-vnet");
    argv.push_back("--fd=" + std::to_string(socket));
    if (is_one_word(request.helper) || request.helper.find("--br=") == std::string_view::npos) {
        argv.push_back("--br=" + std::string(request.bridge));
    }
    if (request.queues > 1) {
        argv.push_back("--queues=" + std::to_string(request.queues));
    }
}

}  // namespace

Result<std::vector<std::string>> split_helper_command(std::string_view text) {
    if (text.size() > limits::kHelperText) {
        return Error("'helper' must have at most " + std::to_string(limits::kHelperText) +
                     " bytes, but has " + std::to_string(text.size()))
            .with_param("helper");
    }
    const std::string command(text);
    if (command.empty()) {
        return Error("'helper' must name a program, but is empty").with_param("helper");
    }
    if (is_one_word(command)) {
        return std::vector<std::string>{command};
    }
    int count = 0;
    char** words = nullptr;
    GError* problem = nullptr;
    if (g_shell_parse_argv(command.c_str(), &count, &words, &problem) == FALSE) {
        const std::unique_ptr<GError, decltype(&g_error_free)> owner(problem, &g_error_free);
        return Error(quoted(text) + " cannot be split into words: " + owner->message)
            .with_param("helper");
    }
    const std::unique_ptr<char*, decltype(&g_strfreev)> owner(words, &g_strfreev);
    if (static_cast<std::size_t>(count) > limits::kHelperWords) {
        return Error("'helper' must have at most " + std::to_string(limits::kHelperWords) +
                     " words, but has " + std::to_string(count))
            .with_param("helper");
    }
    std::vector<std::string> result(words, words + count);
    result.front() = resolve_program(result.front());
    return result;
}

Result<std::vector<UniqueFd>> run_helper(const HelperRequest& request) {
    std::vector<std::string> argv = NET_TRY(split_helper_command(request.helper));
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return Error::from_errno(errno, quoted(request.helper) + ": socketpair")
            .with_param("helper");
    }
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    add_arguments(request, theirs.get(), argv);
    (void)send(ours.get(), &kReasonsWanted, 1, MSG_NOSIGNAL);

    const auto deadline = Subprocess::Clock::now() + request.timeout;
    Result<TracedSubprocess> spawned =
        TracedSubprocess::spawn(argv, theirs.get(), deadline, request.cancel_fd, request.tracer);
    if (!spawned) {
        return std::move(spawned).error().with_param("helper");
    }
    TracedSubprocess child = *std::move(spawned);
    theirs.reset();
    Answer answer = NET_TRY(await_answer(request, child, ours.get(), deadline));
    NET_TRY(await_end(request, child, deadline));
    // The exit status first: a helper that failed says why, and that beats "sent nothing".
    if (!child.succeeded()) {
        return failure(request, child, answer, ours.get());
    }
    NET_TRY(take_the_rest(request, ours.get(), answer));
    return expected_fds(request, std::move(answer));
}

}  // namespace qnetdev
