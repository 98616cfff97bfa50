// SPDX-License-Identifier: MIT
#include "net/base/traced_subprocess.h"

#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include "net/base/limits.h"

namespace qnetdev {
namespace {

std::string command_line(const std::vector<std::string>& argv, int keep_fd) {
    std::string text;
    for (const std::string& word : argv) {
        text.append(trace_word(word)).append(" ");
        if (text.size() > limits::kTraceLine) {
            break;
        }
    }
    text.back() = ',';
    return text.append(" fd ").append(std::to_string(keep_fd));
}

/// As a shell's wait would tell it.
std::string describe_status(int status) {
    if (status == -1) {
        return "-1 ECHILD";
    }
    if (WIFSIGNALED(status)) {
        const char* name = sigabbrev_np(WTERMSIG(status));
        return "0 killed by " +
               (name != nullptr ? "SIG" + std::string(name) : std::to_string(WTERMSIG(status)));
    }
    return "0 exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<TracedSubprocess> TracedSubprocess::spawn(const std::vector<std::string>& argv, int keep_fd,
                                                 Clock::time_point deadline, int cancel_fd,
                                                 const Tracer& tracer) {
    const auto start = Clock::now();
    Result<Subprocess> child = Subprocess::spawn(argv, keep_fd, deadline, cancel_fd);
    if (tracer) {
        const std::string result =
            child ? std::to_string(child->pid()) : trace_failure(child.error());
        tracer.write("spawn", command_line(argv, keep_fd), result, Clock::now() - start);
    }
    if (!child) {
        return std::move(child).error();
    }
    return TracedSubprocess(*std::move(child), tracer);
}

std::string TracedSubprocess::describe(const Result<Event>& event) const {
    if (!event) {
        return trace_failure(event.error());
    }
    switch (*event) {
        case Event::timed_out:
            return "timed out";
        case Event::cancelled:
            return "interrupted";
        case Event::exited:
        case Event::readable:
            break;
    }
    return describe_status(status());
}

Result<Subprocess::Event> TracedSubprocess::wait(Clock::time_point deadline, int readable_fd,
                                                 int cancel_fd) {
    const bool was_running = Subprocess::pid() > 0;
    Result<Event> event = Subprocess::wait(deadline, readable_fd, cancel_fd);
    // What the caller reads then is his to show.
    if (tracer_ && was_running && !(event && *event == Event::readable)) {
        tracer_.write("wait", std::to_string(pid_), describe(event), Clock::now() - since_);
    }
    return event;
}

void TracedSubprocess::kill_group() noexcept {
    if (Subprocess::pid() <= 0) {
        return;
    }
    const auto start = Clock::now();
    Subprocess::kill_group();
    if (tracer_) {
        const std::string result = kill_errno() == 0 ? "0" : "-1 " + trace_errno(kill_errno());
        tracer_.write("kill", std::to_string(-pid_) + ", SIGKILL", result + " " + describe_kill(),
                      Clock::now() - start);
    }
}

}  // namespace qnetdev
