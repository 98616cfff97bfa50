// SPDX-License-Identifier: MIT
#include "net/cli/exec/exec_launch.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "net/cli/exec/exec_descriptors.h"
#include "net/cli/exec/supervise.h"
#include "net/cli/report.h"

namespace qnetdev::cli {
namespace {

/// ENOENT, EACCES or 0, as execve() would have it.
int try_path(const std::string& path) {
    struct stat info = {};
    if (stat(path.c_str(), &info) != 0) {
        return errno == EACCES ? EACCES : ENOENT;
    }
    return S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0 ? 0 : EACCES;
}

/// The same along $PATH, as execvp() does it.
int try_search(const std::string& name) {
    const char* variable = getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
    std::string_view path = variable != nullptr ? variable : "/bin:/usr/bin";
    int problem = ENOENT;
    while (true) {
        const std::size_t end = std::min(path.find(':'), path.size());
        const std::string folder(path.substr(0, end));
        const int errnum = try_path(folder.empty() ? name : folder + "/" + name);
        if (errnum == 0) {
            return 0;
        }
        problem = errnum == EACCES ? EACCES : problem;
        if (end == path.size()) {
            return problem;
        }
        path.remove_prefix(end + 1);
    }
}

int report_unrunnable(const std::string& name, int errnum) {
    report_error("", "", Error::from_errno(errnum, "cannot run '" + name + "'"));
    return errnum == ENOENT ? command_not_found : command_not_executable;
}

std::string join_names(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text.append(text.empty() ? "" : ":").append(name);
    }
    return text;
}

/// sd_listen_fds(3). Without --fd-names there must be none: what an earlier manager meant with its
/// descriptors 3 and up is not what they are now, and the process id may still match.
void set_listen_variables(const std::vector<std::string>& names) {
    if (names.empty()) {
        for (const char* variable : {"LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"}) {
            (void)unsetenv(variable);
        }
        return;
    }
    (void)setenv("LISTEN_FDS", std::to_string(names.size()).c_str(), 1);
    (void)setenv("LISTEN_FDNAMES", join_names(names).c_str(), 1);
    (void)setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
}

/// Credentials must not change behind it: that would clear it.
void tie_to_parent(int signum, pid_t parent) {
    (void)prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0);
    if (getppid() != parent) {
        (void)raise(signum);
    }
}

std::vector<FdMove> planned_moves(const ExecPlan& plan, const OpenTaps& open) {
    std::vector<FdMove> moves;
    for (std::size_t i = 0; i < open.taps.size(); ++i) {
        const TapNumbers& numbers = plan.numbers[i];
        for (std::size_t queue = 0; queue < numbers.fds.size(); ++queue) {
            moves.push_back({open.taps[i].fds[queue], numbers.fds[queue]});
        }
        for (std::size_t queue = 0; queue < numbers.vhostfds.size(); ++queue) {
            moves.push_back({open.taps[i].vhostfds[queue].get(), numbers.vhostfds[queue]});
        }
    }
    return moves;
}

/// Everything that the command is not to have.
Result<void> drop(const Launch& launch) {
    const Privileges& privileges = launch.privileges;
    if (launch.terminal == TerminalUse::detached) {
        NET_TRY(leave_terminal());
    }
    const bool guard =
        launch.terminal == TerminalUse::guarded && privileges.change_anything() && has_terminal();
    // The kernel wants no_new_privs for it, or a capability that is about to go.
    if (guard && !privileges.no_new_privs) {
        NET_TRY(forbid_typing());
    }
    NET_TRY(drop_privileges(privileges));
    return guard && privileges.no_new_privs ? forbid_typing() : Result<void>();
}

}  // namespace

int check_program(const std::string& name) {
    const bool is_path = name.find('/') != std::string::npos;
    const int errnum = name.empty() ? ENOENT : (is_path ? try_path(name) : try_search(name));
    return errnum == 0 ? 0 : report_unrunnable(name, errnum);
}

int become_command(const Launch& launch, const OpenTaps& open) {
    // From here on standard error is the command's.
    open.context->options().trace.stop();
    Result<void> ready = arrange_descriptors(planned_moves(launch.plan, open), launch.plan.kept);
    if (ready) {
        ready = drop(launch);
    }
    if (!ready) {
        report_error("", "", ready.error());
        return exit_failed;
    }
    set_listen_variables(launch.plan.fd_names);
    std::vector<char*> argv;
    for (const std::string& word : launch.plan.words) {
        argv.push_back(const_cast<char*>(word.c_str()));  // execvp() does not write
    }
    argv.push_back(nullptr);
    if (launch.die_with_parent) {
        tie_to_parent(SIGKILL, launch.parent);
    }
    launch.signals.restore();
    (void)execvp(argv[0], argv.data());
    return report_unrunnable(launch.plan.words.front(), errno);
}

int run_supervised(Launch launch, const OpenTaps& open) {
    const Result<void> blocked = block_forwarded_signals();
    const pid_t starter = launch.parent;
    launch.parent = getpid();
    const pid_t child = blocked ? fork() : -1;
    if (child < 0) {
        report_error("", "", blocked ? Error::from_errno(errno, "fork") : blocked.error());
        return exit_failed;
    }
    if (child == 0) {
        _exit(become_command(launch, open));
    }
    if (launch.die_with_parent) {
        // Gently, so that the command is told and the down scripts run.
        tie_to_parent(SIGTERM, starter);
    }
    const bool has_our_terminal = launch.terminal != TerminalUse::detached;
    const Result<int> status = await_child(child, has_our_terminal);
    if (!status) {
        report_error("", "", status.error());
        return exit_failed;
    }
    return *status;
}

}  // namespace qnetdev::cli
