// SPDX-License-Identifier: MIT
#include "net/tap/tap_script.h"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "net/base/limits.h"
#include "net/base/shell_quote.h"
#include "net/base/traced_subprocess.h"

namespace qnetdev {
namespace {

std::string quoted(const TapScript& script) {
    return script.option + " '" + script.path + "' for " + script.ifname;
}

Error script_error(const TapScript& script, const std::string& what) {
    return Error(quoted(script) + " " + what).with_param(script.option);
}

Error start_error(const TapScript& script, Error cause) {
    const int errnum = cause.errnum();
    std::string hint;
    if (errnum == ENOENT && access(script.path.c_str(), F_OK) == 0) {
        hint = "the file is there, but not the interpreter that its first line names";
    } else if (errnum == ENOENT) {
        hint = "switch it off with " + script.option + "=no, or create the file";
    } else if (errnum == EACCES) {
        hint = "make it executable: chmod +x";
    } else if (errnum == ENOEXEC) {
        hint = "its first line must name an interpreter, such as #!/bin/sh";
    }
    return std::move(cause)
        .with_prefix(script.option)
        .with_param(script.option)
        .with_hint(std::move(hint));
}

}  // namespace

Result<void> run_tap_script(const TapScript& script, int cancel_fd, const Log& log) {
    const auto deadline = Subprocess::Clock::now() + script.timeout;
    Result<TracedSubprocess> spawned = TracedSubprocess::spawn(
        {script.path, script.ifname}, script.fd, deadline, cancel_fd, script.tracer);
    if (!spawned) {
        return start_error(script, std::move(spawned).error());
    }
    TracedSubprocess child = *std::move(spawned);
    switch (NET_TRY(child.wait(deadline, -1, cancel_fd))) {
        case Subprocess::Event::timed_out:
            child.kill_group();
            return script_error(script, "did not end within " +
                                            std::to_string(script.timeout.count()) + " ms and " +
                                            child.describe_kill() + describe_output(child.output()))
                .with_hint(child.kill_hint());
        case Subprocess::Event::cancelled:
            child.kill_group();
            return script_error(script, "was interrupted" + child.describe_survivors())
                .with_hint(child.kill_hint());
        case Subprocess::Event::readable:
        case Subprocess::Event::exited:
            break;
    }
    if (!child.succeeded()) {
        return script_error(script,
                            describe_wait_status(child.status()) + describe_output(child.output()))
            .with_hint("to see why, run: " +
                       shell_quote(std::vector<std::string>{script.path, script.ifname}));
    }
    if (!child.output().empty()) {
        log.info(quoted(script) + describe_output(child.output()));
    }
    return {};
}

Result<void> run_owed_tap_script(const TapScript& script, const Log& log) {
    const auto deadline = Subprocess::Clock::now() + script.timeout;
    while (true) {
        Result<void> outcome = run_tap_script(script, -1, log);
        const int errnum = outcome ? 0 : outcome.error().errnum();
        const bool no_room = errnum == EMFILE || errnum == ENFILE || errnum == EAGAIN;
        if (!no_room || Subprocess::Clock::now() >= deadline) {
            return outcome;
        }
        std::this_thread::sleep_for(limits::kScriptRetry);
    }
}

}  // namespace qnetdev
