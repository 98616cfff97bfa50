// SPDX-License-Identifier: MIT
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/cli/arguments.h"
#include "net/cli/batch.h"
#include "net/cli/batch_qmp.h"
#include "net/cli/command.h"
#include "net/cli/netdev_table.h"
#include "net/cli/private_namespace.h"
#include "net/cli/report.h"
#include "net/cli/signals.h"
#include "net/event_loop.h"
#include "net/netdev.h"

namespace qnetdev::cli {
namespace {

struct TryOptions {
    NetdevArguments netdevs = {};
    bool on_host = false;
    bool batch = false;
    bool verbose = false;
    bool trace = false;
    int timeout_seconds = 30;
};

/// Everything that one try needs, in the order it is made.
struct Session {
    std::unique_ptr<EventLoop> loop = {};
    std::unique_ptr<NetContext> context = {};
};

Result<Session> open_session(const TryOptions& options, int cancel_fd) {
    Session session;
    session.loop = NET_TRY(glib_event_loop(nullptr));
    NetContextOptions settings;
    settings.log = stderr_log(kProgram, options.verbose ? LogLevel::debug : LogLevel::warning);
    settings.trace = tool_trace(options.trace);
    settings.script_timeout = std::chrono::seconds(options.timeout_seconds);
    settings.cancel_fd = cancel_fd;
    session.context = net_context_create(*session.loop, std::move(settings));
    return session;
}

/// Brings everything up, shows it, and takes it down again.
int try_netdevs(const TryOptions& options) {
    Result<UniqueFd> signals = signals_as_fd();
    if (!signals) {
        report_error("", "", signals.error());
        return exit_failed;
    }
    Result<Session> session = open_session(options, signals->get());
    if (!session) {
        report_error("", "", session.error());
        return exit_failed;
    }
    NetContext& context = *session->context;
    for (const std::size_t i : options.netdevs.init_order()) {
        const NetdevArgument& argument = options.netdevs.items()[i];
        Result<void> outcome = net_client_init(context, argument.netdev(), {argument.origin(), {}});
        if (outcome && signal_arrived(*signals)) {
            outcome = Error("interrupted");
        }
        if (!outcome) {
            report_finding(outcome.error(), argument.text);
            return exit_failed;
        }
    }
    const Result<std::string> table = netdev_table(context.registry());
    if (!table) {
        report_error("", "", table.error());
        return exit_failed;
    }
    print(*table);
    const std::size_t count = context.registry().groups().size();
    net_cleanup(context, {.exclusive = true});
    print("removed " + std::to_string(count) + (count == 1 ? " netdev\n" : " netdevs\n"));
    return exit_done;
}

/// What `act` makes of a case, and the netdevs that there are then, which are removed again.
BatchAnswer try_case(const TryOptions& options,
                     const std::function<Result<void>(NetContext& context)>& act) {
    BatchAnswer answer;
    Result<Session> session = open_session(options, -1);
    if (!session) {
        answer.outcome = std::move(session).error();
        return answer;
    }
    answer.outcome = act(*session->context);
    if (answer.outcome) {
        answer.info = net_info(*session->context);
    }
    net_cleanup(*session->context, {.exclusive = true});
    return answer;
}

int try_batch(const TryOptions& options) {
    const auto netdev = [&options](const qapi::Netdev& wanted, NetdevOrigin origin) {
        return try_case(options, [&](NetContext& context) {
            return net_client_init(context, wanted, {origin, nullptr});
        });
    };
    const auto qmp = [&options](std::string_view command) {
        return try_case(options, [command](NetContext& context) {
            return execute_alone(context, command, net_client_init_async);
        });
    };
    return run_batch({.netdev = netdev, .qmp = qmp});
}

std::vector<OptionSpec> make_specs(TryOptions& options) {
    std::vector<OptionSpec> specs = netdev_option_specs(options.netdevs);
    for (OptionSpec& spec : nic_option_specs(options.netdevs)) {
        specs.push_back(std::move(spec));
    }
    specs.push_back(flag_spec("--host", options.on_host));
    specs.push_back(flag_spec("--batch", options.batch));
    specs.push_back(flag_spec("--verbose", options.verbose));
    specs.push_back(trace_spec(options.trace));
    specs.push_back({"--timeout", true, [&options](std::string_view value) -> Result<void> {
                         options.timeout_seconds = NET_TRY(parse_seconds("--timeout", value));
                         return {};
                     }});
    return specs;
}

int run_try(Words words, const InheritedSignals& /*inherited*/) {
    TryOptions options;
    const Result<void> parsed = parse_arguments(words, make_specs(options));
    if (!parsed) {
        report_error("", "", parsed.error());
        return exit_usage;
    }
    if (options.netdevs.empty() && !options.batch) {
        report_error("", "",
                     no_netdev_error("try needs at least one -netdev, -nic or -net, or --batch"));
        return exit_usage;
    }
    if (const std::optional<int> status = settle_netdevs(options.netdevs)) {
        return *status;
    }
    if (!options.on_host) {
        const Result<void> moved = enter_private_namespace();
        if (!moved) {
            report_error("", "", moved.error());
            return exit_failed;
        }
    }
    if (options.batch) {
        return try_batch(options);
    }
    return try_netdevs(options);
}

}  // namespace

const Command kTryCommand = {
    "try", "set netdevs up for real, show them, and remove them again",
    "usage: qnetdev try [--host] [--verbose] [--trace] [--timeout SECONDS]\n"
    "                   -netdev|-nic|-net ARG...\n"
    "       qnetdev try [--host] [--trace] [--timeout SECONDS] --batch\n"
    "\n"
    "Opens every queue, runs scripts and helpers, prints a table of what exists, and removes\n"
    "everything. In a private network namespace, unless --host is given.\n"
    "\n"
    "  -netdev ARG          a backend, as QEMU's -netdev takes it; key=value text or JSON\n"
    "  -nic ARG, -net ARG   a backend, as QEMU's options of that name take it\n"
    "  --host               work on the host's own network\n"
    "  --timeout SECONDS    how long a script or helper may run (default: 30)\n"
    "  --verbose            also tell what scripts print\n"
    "  --trace              show every system call on taps, over netlink and for scripts and\n"
    "                       helpers on standard error; so does QNETDEV_TRACE=1 in the environment\n"
    "  --batch              answer JSON lines on standard input, each on its own\n"
    "\n"
    "Exit status: 0 all could be set up, 1 something could not, 2 wrong usage.\n",
    run_try};

}  // namespace qnetdev::cli
