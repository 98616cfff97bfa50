// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "net/base/shell_quote.h"
#include "net/cli/arguments.h"
#include "net/cli/command.h"
#include "net/cli/exec/command_devices.h"
#include "net/cli/exec/created_taps.h"
#include "net/cli/exec/exec_descriptors.h"
#include "net/cli/exec/exec_launch.h"
#include "net/cli/exec/exec_plan.h"
#include "net/cli/exec/exec_privileges.h"
#include "net/cli/exec/exec_taps.h"
#include "net/cli/exec/qemu_options.h"
#include "net/cli/exec/supervise.h"
#include "net/cli/report.h"
#include "net/cli/signals.h"
#include "net/client/net_context_internals.h"

namespace qnetdev::cli {
namespace {

enum class Lifetime { automatic, exec, supervise };

struct ExecOptions {
    NetdevArguments own = {};
    PrivilegeOptions privileges = {};
    Lifetime lifetime = Lifetime::automatic;
    std::set<int> kept = {};
    bool keep_all = false;
    bool also_command = false;
    bool no_scripts = false;
    bool die_with_parent = false;
    bool fd_names = false;
    bool print = false;
    bool device = false;
    bool verbose = false;
    bool trace = false;
    TerminalUse terminal = TerminalUse::guarded;
    int timeout_seconds = 30;
};

Error value_error(std::string_view option, std::string_view expected, std::string_view given) {
    return Error("'" + std::string(option) + "' must be " + std::string(expected) + ", not '" +
                 std::string(given) + "'")
        .with_stage(Stage::parse);
}

Result<void> add_kept(std::string_view value, ExecOptions& options) {
    if (value == "all") {
        options.keep_all = true;
        return {};
    }
    int fd = -1;
    const char* end = value.data() + value.size();
    const auto [stop, problem] = std::from_chars(value.data(), end, fd);
    if (problem != std::errc() || stop != end || fd < 0) {
        return value_error("--keep-fd", "a descriptor's number or all", value);
    }
    options.kept.insert(fd);
    return {};
}

Result<void> set_lifetime(std::string_view value, ExecOptions& options) {
    if (value != "exec" && value != "supervise") {
        return choice_error("--lifetime", {"exec", "supervise"}, value);
    }
    options.lifetime = value == "exec" ? Lifetime::exec : Lifetime::supervise;
    return {};
}

Result<void> set_terminal(std::string_view value, ExecOptions& options) {
    if (value != "on" && value != "off" && value != "auto") {
        return choice_error("--new-session", {"on", "off", "auto"}, value);
    }
    options.terminal = value == "on"    ? TerminalUse::detached
                       : value == "off" ? TerminalUse::shared
                                        : TerminalUse::guarded;
    return {};
}

OptionSpec text_spec(std::string_view name, std::string& target) {
    return {name, true, [name, &target](std::string_view value) -> Result<void> {
                if (value.empty()) {
                    return value_error(name, "a name or number", value);
                }
                target = value;
                return {};
            }};
}

std::vector<OptionSpec> make_specs(ExecOptions& options) {
    std::vector<OptionSpec> specs = netdev_option_specs(options.own);
    specs.push_back(text_spec("--user", options.privileges.user));
    specs.push_back(text_spec("--group", options.privileges.group));
    specs.push_back({"--keep-caps", true, [&options](std::string_view value) -> Result<void> {
                         options.privileges.keep_caps = value;
                         return {};
                     }});
    specs.push_back(flag_spec("--allow-new-privileges", options.privileges.allow_new_privileges));
    specs.push_back({"--lifetime", true,
                     [&options](std::string_view value) { return set_lifetime(value, options); }});
    specs.push_back({"--new-session", true,
                     [&options](std::string_view value) { return set_terminal(value, options); }});
    specs.push_back(flag_spec("--die-with-parent", options.die_with_parent));
    specs.push_back({"--keep-fd", true,
                     [&options](std::string_view value) { return add_kept(value, options); }});
    specs.push_back(flag_spec("--fd-names", options.fd_names));
    specs.push_back(flag_spec("--also-command", options.also_command));
    specs.push_back(flag_spec("--no-scripts", options.no_scripts));
    specs.push_back(flag_spec("--print", options.print));
    specs.push_back(flag_spec("--device", options.device));
    specs.push_back(flag_spec("--verbose", options.verbose));
    specs.push_back(trace_spec(options.trace));
    specs.push_back({"--timeout", true, [&options](std::string_view value) -> Result<void> {
                         options.timeout_seconds = NET_TRY(parse_seconds("--timeout", value));
                         return {};
                     }});
    return specs;
}

int usage_failure(const Error& error) {
    report_error("", "", error);
    return exit_usage;
}

int failure(const Error& error) {
    report_error("", "", error);
    return exit_failed;
}

Result<void> check_usage(const SplitWords& words, const ExecOptions& options) {
    const bool may_lack_command = options.device && !options.print && !options.own.empty();
    if (words.command.empty() && !may_lack_command) {
        return Error("exec needs a command").with_hint("put it behind '--'");
    }
    return {};
}

void print_plan(const ExecPlan& plan, const ExecOptions& options) {
    if (options.print) {
        print(shell_quote(plan.words) + "\n");
    }
    for (std::size_t i = 0; options.device && i < plan.devices.size(); ++i) {
        const std::vector<std::string> words = {"-device", plan.devices[i]};
        print(shell_quote(words) + "\n");
    }
}

/// As the command will be: with what stands in place of %{ID.FORM}.
void warn_of_devices(const ExecPlan& plan) {
    const std::vector<std::string_view> words(plan.words.begin(), plan.words.end());
    for (const DeviceWarning& warning : check_devices(words)) {
        report_warning(warning.problem, warning.text);
    }
}

/// Whether something has to be done with the tap once the command has ended. A supervisor does it
/// by removing the netdev; without one nobody would.
Result<bool> is_due(const OpenTap& tap, Lifetime lifetime) {
    const bool script_due = !tap.down_script.empty();
    if (!script_due && tap.due_bridge.empty()) {
        return false;
    }
    if (lifetime != Lifetime::exec) {
        return true;
    }
    const std::string nobody = "with --lifetime exec nobody would ";
    if (script_due) {
        return Error(nobody + "run the down script '" + tap.down_script + "' of '" + tap.id + "'")
            .with_hint("add downscript=no, or drop --lifetime exec");
    }
    return Error(nobody + "take '" + tap.ifname + "' of '" + tap.id + "' out of bridge '" +
                 tap.due_bridge + "'")
        .with_hint("make it a port of '" + tap.due_bridge +
                   "' before and drop 'br', or drop --lifetime exec");
}

Result<bool> needs_supervisor(const OpenTaps& open, const ExecOptions& options) {
    bool due = false;
    for (const OpenTap& tap : open.taps) {
        const bool tap_due = NET_TRY(is_due(tap, options.lifetime));
        due = due || tap_due;
    }
    // A group's leader, as a shell has it, cannot start a session: its child can.
    const bool child_wanted = options.terminal == TerminalUse::detached;
    return due || options.lifetime == Lifetime::supervise ||
           (child_wanted && options.lifetime == Lifetime::automatic);
}

/// The end of the command's first process is the end of its taps: a daemon would be left without.
Result<void> check_no_daemon(const ExecPlan& plan) {
    const std::vector<std::string_view> words(plan.words.begin(), plan.words.end());
    if (plan.requests.empty() || !has_qemu_option(words, "daemonize")) {
        return {};
    }
    return Error("with -daemonize the supervised process ends at once, and its taps with it")
        .with_hint("drop -daemonize, or use --lifetime exec, with downscript=no for each tap");
}

/// Nothing of the command's taps is left when this returns.
int run_and_clean_up(const Launch& launch, OpenTaps open) {
    Result<std::vector<CreatedTap>> created = created_taps(open);
    if (!created) {
        return failure(created.error());
    }
    const int status = run_supervised(launch, open);
    TunKernel& kernel = open.context->internals().tun();
    open.context.reset();  // down scripts find the interfaces still there
    remove_created(kernel, *std::move(created));
    return status;
}

/// From here on things exist on the host. Every return undoes them.
int open_and_run(const ExecPlan& plan, const ExecOptions& options, const Launch& launch) {
    Result<UniqueFd> signals = signals_as_fd();
    if (!signals) {
        return failure(signals.error());
    }
    NetContextOptions settings;
    settings.log = stderr_log(kProgram, options.verbose ? LogLevel::debug : LogLevel::warning);
    settings.trace = tool_trace(options.trace);
    settings.script_timeout = std::chrono::seconds(options.timeout_seconds);
    settings.cancel_fd = signals->get();
    std::optional<OpenTaps> open = open_taps(plan.requests, std::move(settings));
    if (!open) {
        return exit_failed;
    }
    const Result<bool> supervised = needs_supervisor(*open, options);
    if (!supervised) {
        return failure(supervised.error());
    }
    const Result<void> stays = *supervised ? check_no_daemon(plan) : Result<void>();
    if (!stays) {
        return failure(stays.error());
    }
    if (signal_arrived(*signals)) {
        return failure(Error("interrupted"));
    }
    if (*supervised) {
        return run_and_clean_up(launch, *std::move(open));
    }
    _exit(become_command(launch, *open));
}

int run_exec(Words words, const InheritedSignals& inherited_signals) {
    const pid_t parent = getppid();
    const SplitWords split = split_words(words);
    ExecOptions options;
    Result<void> parsed = parse_arguments(split.options, make_specs(options));
    if (!parsed) {
        return usage_failure(
            split.separated ? parsed.error()
                            : std::move(parsed).error().with_hint("put '--' before the command"));
    }
    const Result<void> usable = check_usage(split, options);
    if (!usable) {
        return usage_failure(usable.error());
    }
    Result<std::set<int>> inherited = open_descriptors();
    if (!inherited) {
        return failure(inherited.error());
    }
    if (options.keep_all) {
        options.kept.insert(inherited->begin(), inherited->end());
    }
    const std::optional<ExecPlan> plan = make_exec_plan({.own = options.own,
                                                         .command = split.command,
                                                         .also_command = options.also_command,
                                                         .no_scripts = options.no_scripts,
                                                         .inherited = *std::move(inherited),
                                                         .kept = options.kept,
                                                         .fd_names = options.fd_names});
    if (!plan) {
        return exit_failed;
    }
    warn_of_devices(*plan);
    if (options.print || options.device) {
        print_plan(*plan, options);
        return exit_done;
    }
    const Result<Privileges> privileges = resolve_privileges(options.privileges);
    if (!privileges) {
        return failure(privileges.error());
    }
    if (const int status = check_program(plan->words.front()); status != 0) {
        return status;
    }
    return open_and_run(*plan, options,
                        {.plan = *plan,
                         .privileges = *privileges,
                         .signals = inherited_signals,
                         .parent = parent,
                         .die_with_parent = options.die_with_parent,
                         .terminal = options.terminal});
}

}  // namespace

const Command kExecCommand = {
    "exec", "open the taps of a command, and run it without privileges of its own",
    "usage: qnetdev exec [OPTION]... [-netdev ARG]... -- COMMAND [WORD]...\n"
    "       qnetdev exec --print|--device [OPTION]... [-netdev ARG]... -- COMMAND [WORD]...\n"
    "\n"
    "Opens every queue of the taps and bridges that -netdev, -nic and -net in COMMAND describe,\n"
    "puts fd=, fds= and vhostfds= in their place, and runs COMMAND with these descriptors and\n"
    "0, 1 and 2. Everything else in COMMAND stays as it is. Scripts and helpers in COMMAND run as\n"
    "the caller: if somebody else wrote it, describe what to open by -netdev before the '--'.\n"
    "A -device that does not go with its netdev is warned of.\n"
    "\n"
    "  --user NAME|UID[:GROUP]  run COMMAND as this user, without capabilities\n"
    "  --group NAME|GID         with this group and no other\n"
    "  --keep-caps LIST         capabilities that it keeps: net_admin,sys_nice or none\n"
    "  --allow-new-privileges   let set-uid programs work in COMMAND\n"
    "  --new-session auto       a COMMAND with less privileges than the caller cannot type into\n"
    "                           the terminal (the default)\n"
    "  --new-session on|off     it has no terminal, but a session of its own; it may type\n"
    "  --lifetime exec          COMMAND takes the place of qnetdev; refused if a down script is\n"
    "                           due, or a persistent tap has to leave a bridge\n"
    "  --lifetime supervise     qnetdev waits for COMMAND's first process, runs down scripts, and\n"
    "                           deletes the taps that it created, also from under processes left\n"
    "                           behind (default: supervise if there is something due, else exec)\n"
    "  --die-with-parent        COMMAND does not outlive the process that started qnetdev\n"
    "  --keep-fd N|all          pass on this descriptor as well; repeatable\n"
    "  --fd-names               tell COMMAND by LISTEN_FDS and LISTEN_FDNAMES, as systemd does\n"
    "  --print                  only print what COMMAND would become; open nothing\n"
    "  --device                 only print the -device that suits each -netdev; open nothing\n"
    "  --timeout SECONDS        how long a script or helper may run (default: 30)\n"
    "  --verbose                also tell what scripts print\n"
    "  --trace                  until COMMAND runs, and when it has ended, show every system call "
    "on\n"
    "                           taps, over netlink and for scripts and helpers on standard error;\n"
    "                           so does QNETDEV_TRACE=1 in the environment\n"
    "  -netdev ARG              open this, also for programs that are not QEMU: words of\n"
    "                           COMMAND may have %{ID.FORM} in them, where FORM is fd, fdN, fds,\n"
    "                           fd-list, vhostfds, vhostfd-list, queues, qemu, device,\n"
    "                           cloud-hypervisor or crosvm; taps in COMMAND are then not opened\n"
    "  --also-command           ... or are, besides those of -netdev\n"
    "  --no-scripts             refuse scripts and helpers in COMMAND, and run no default scripts\n"
    "                           for its taps\n"
    "\n"
    "Exit status: COMMAND's own (128+N if signal N ended it, when supervised); 1 something could\n"
    "not be opened, 2 wrong usage, 126 COMMAND cannot be run, 127 there is no such COMMAND.\n",
    run_exec};

}  // namespace qnetdev::cli
