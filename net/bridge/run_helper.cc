// SPDX-License-Identifier: MIT
#include "net/bridge/run_helper.h"

#include <glib.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>

#include "net/base/limits.h"
#include "net/base/subprocess.h"
#include "net/bridge/scm_rights.h"

namespace net {
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

/// Waits until the helper sends, ends or runs out of time; the message, or why there is none.
Result<FdMessage> await_message(const HelperRequest& request, Subprocess& child, int socket,
                                Subprocess::Clock::time_point deadline) {
    switch (NET_TRY(child.wait(deadline, socket, request.cancel_fd))) {
        case Subprocess::Event::readable:
            break;
        case Subprocess::Event::exited:
            return FdMessage{.end_of_file = true};
        case Subprocess::Event::timed_out:
            return helper_error(request,
                                "did not answer within " + std::to_string(request.timeout.count()) +
                                    " ms and was killed" + describe_output(child.output()));
        case Subprocess::Event::cancelled:
            return helper_error(request, "was interrupted");
    }
    Result<FdMessage> message = receive_fds(socket);
    if (!message) {
        return std::move(message).error().with_prefix(quoted(request.helper)).with_param("helper");
    }
    return message;
}

Result<void> await_success(const HelperRequest& request, Subprocess& child,
                           Subprocess::Clock::time_point deadline) {
    if (child.status() == -1) {
        const Subprocess::Event event = NET_TRY(child.wait(deadline, -1, request.cancel_fd));
        if (event == Subprocess::Event::timed_out) {
            return helper_error(request,
                                "did not end within " + std::to_string(request.timeout.count()) +
                                    " ms and was killed" + describe_output(child.output()));
        }
        if (event == Subprocess::Event::cancelled) {
            return helper_error(request, "was interrupted");
        }
    }
    if (!child.succeeded()) {
        return helper_error(request,
                            describe_wait_status(child.status()) + describe_output(child.output()));
    }
    return {};
}

/// The one descriptor of a well-formed answer.
Result<UniqueFd> single_fd(const HelperRequest& request, FdMessage message) {
    if (message.truncated) {
        return helper_error(request, "sent descriptors that this process has no room for")
            .with_hint("raise the limit on open files: ulimit -n");
    }
    if (message.fds.empty()) {
        return helper_error(request, message.end_of_file ? "ended without sending a descriptor"
                                                         : "sent data without a descriptor");
    }
    if (message.fds.size() > 1) {
        return helper_error(
            request, "sent " + std::to_string(message.fds.size()) + " descriptors instead of one");
    }
    return std::move(message.fds.front());
}

bool is_one_word(std::string_view helper) {
    return helper.find_first_of(" \t") == std::string_view::npos;
}

}  // namespace

Result<std::vector<std::string>> split_helper_command(std::string_view text) {
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

Result<UniqueFd> run_helper(const HelperRequest& request) {
    std::vector<std::string> argv = NET_TRY(split_helper_command(request.helper));
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return Error::from_errno(errno, quoted(request.helper) + ": socketpair")
            .with_param("helper");
    }
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    argv.emplace_back("--use-vnet");
    argv.push_back("--fd=" + std::to_string(theirs.get()));
    if (is_one_word(request.helper) || request.helper.find("--br=") == std::string_view::npos) {
        argv.push_back("--br=" + std::string(request.bridge));
    }

    const auto deadline = Subprocess::Clock::now() + request.timeout;
    Result<Subprocess> spawned = Subprocess::spawn(argv, theirs.get());
    if (!spawned) {
        return std::move(spawned).error().with_param("helper");
    }
    Subprocess child = *std::move(spawned);
    theirs.reset();
    FdMessage message = NET_TRY(await_message(request, child, ours.get(), deadline));
    // The exit status first: a helper that failed says why, and that beats "sent nothing".
    NET_TRY(await_success(request, child, deadline));
    return single_fd(request, std::move(message));
}

}  // namespace net
