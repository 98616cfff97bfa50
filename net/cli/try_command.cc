// SPDX-License-Identifier: MIT
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/cli/arguments.h"
#include "net/cli/batch.h"
#include "net/cli/batch_qmp.h"
#include "net/cli/command.h"
#include "net/cli/json_reports.h"
#include "net/cli/netdev_table.h"
#include "net/cli/private_namespace.h"
#include "net/cli/report.h"
#include "net/cli/signals.h"
#include "net/event_loop.h"
#include "net/glib_event_loop.h"
#include "net/monitor/commands/describe_netdev.h"
#include "net/netdev.h"
#include "net/options/describe.h"

namespace qnetdev::cli {
namespace {

struct TryOptions {
    NetdevArguments netdevs = {};
    bool on_host = false;
    bool batch = false;
    bool json = false;
    bool wide = false;
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

struct Failure {
    std::size_t item;
    Error error;
};

/// Brings the netdevs up one after the other, until one fails.
std::optional<Failure> bring_up(const TryOptions& options, NetContext& context,
                                const UniqueFd& signals) {
    for (const std::size_t i : options.netdevs.init_order()) {
        const NetdevArgument& argument = options.netdevs.items()[i];
        Result<void> outcome = net_client_init(context, argument.netdev(), {argument.origin(), {}});
        if (outcome && signal_arrived(signals)) {
            outcome = Error("interrupted");
        }
        if (!outcome) {
            return Failure{i, std::move(outcome).error()};
        }
    }
    return std::nullopt;
}

/// Errors of later stages know the option, but not where it is written.
Error located(Error error, std::string_view argument) {
    const std::optional<TextSpan> span = find_place(error, argument);
    return span ? std::move(error).with_span(*span) : error;
}

/// A line for each argument, in the order they were given.
void print_reports(const TryOptions& options, const NetContext& context,
                   const std::optional<Failure>& failure) {
    const std::vector<NetdevArgument>& items = options.netdevs.items();
    for (std::size_t i = 0; i < items.size(); ++i) {
        std::vector<Error> findings;
        if (failure && failure->item == i) {
            findings.push_back(located(failure->error, items[i].text));
        }
        qapi::NetdevReport report = make_report(items[i], findings);
        const NetClientGroup* group = findings.empty() && items[i].has_backend()
                                          ? context.registry().find_backend(items[i].netdev().id)
                                          : nullptr;
        if (group != nullptr) {
            report.netdev = describe_netdev(*group);
        }
        print_report(report);
    }
}

/// For people. Returns the status to exit with.
int show_table(const TryOptions& options, NetContext& context) {
    const std::optional<std::size_t> width = options.wide ? std::nullopt : terminal_width();
    const Result<std::string> table = netdev_table(context.registry(), width);
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
    const std::optional<Failure> failure = bring_up(options, context, *signals);
    if (options.json) {
        print_reports(options, context, failure);
        net_cleanup(context, {.exclusive = true});
        return failure ? exit_failed : exit_done;
    }
    if (failure) {
        report_finding(failure->error, options.netdevs.items()[failure->item].text);
        return exit_failed;
    }
    return show_table(options, context);
}

/// What `act` makes of a case, and the netdevs that there are then, which are removed again.
BatchAnswer try_case(const TryOptions& options,
                     const std::function<Result<void>(NetContext& context)>& act) {
    BatchAnswer answer;
    Result<Session> session = open_session(options, -1);
    if (!session) {
        return {.findings = {std::move(session).error()}};
    }
    Result<void> outcome = act(*session->context);
    if (outcome) {
        answer.info = net_info(*session->context);
    } else {
        answer.findings.push_back(std::move(outcome).error());
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
    specs.push_back(flag_spec("--json", options.json));
    specs.push_back(flag_spec("--wide", options.wide));
    specs.push_back(flag_spec("--verbose", options.verbose));
    specs.push_back(trace_spec(options.trace));
    specs.push_back({"--timeout", true, [&options](std::string_view value) -> Result<void> {
                         options.timeout_seconds = NET_TRY(parse_seconds("--timeout", value));
                         return {};
                     }});
    return specs;
}

/// The same as settle_netdevs() for programs: nothing is set up if something cannot be read.
std::optional<int> settle_for_json(NetdevArguments& arguments) {
    if (asks_for_types(arguments)) {
        return settle_netdevs(arguments);
    }
    std::vector<qapi::NetdevReport> reports;
    bool valid = true;
    for (const NetdevArgument& argument : arguments.items()) {
        const std::vector<Error> broken = reading_errors(argument);
        reports.push_back(make_report(argument, std::span(broken).first(broken.empty() ? 0 : 1)));
        valid = valid && broken.empty();
    }
    if (!valid) {
        for (const qapi::NetdevReport& report : reports) {
            print_report(report);
        }
        return exit_failed;
    }
    arguments.invent_ids(random_number);
    return std::nullopt;
}

/// What is wrong with the words as a whole.
Result<void> check_usage(const TryOptions& options) {
    if (options.batch) {
        return options.netdevs.empty() ? Result<void>() : batch_with_netdev_error();
    }
    return options.netdevs.empty()
               ? no_netdev_error("try needs at least one -netdev, -nic or -net, or --batch")
               : Result<void>();
}

int run_try(Words words, const InheritedSignals& /*inherited*/) {
    TryOptions options;
    Result<void> usable = parse_arguments(words, make_specs(options));
    if (usable) {
        usable = check_usage(options);
    }
    if (!usable) {
        report_error("", "", usable.error());
        return exit_usage;
    }
    const std::optional<int> status =
        options.json ? settle_for_json(options.netdevs) : settle_netdevs(options.netdevs);
    if (status) {
        return *status;
    }
    if (!options.on_host) {
        const Result<void> moved = enter_private_namespace();
        if (!moved) {
            report_error("", "", moved.error());
            return exit_failed;
        }
    }
    return options.batch ? try_batch(options) : try_netdevs(options);
}

}  // namespace

const Command kTryCommand = {
    "try", "set netdevs up for real, show them, and remove them again",
    "usage: qnetdev try [--host] [--json|--wide] [--verbose] [--trace] [--timeout SECONDS]\n"
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
    "  --wide               all columns, also on a terminal; there, what is the same for all\n"
    "                       queues otherwise stands below the table\n"
    "  --json               instead of the table, one JSON object a line, a NetdevReport of the\n"
    "                       schema, which tells what exists as query-netdev does\n"
    "  --batch              answer lines {\"id\":ANY,\"form\":FORM,\"arg\":TEXT} of standard "
    "input,\n"
    "                       each on its own; FORM is keyval, json, nic, net or qmp. qnetdev help\n"
    "                       json tells more\n"
    "\n"
    "Exit status: 0 all could be set up, 1 something could not (with --batch: a line is no case),\n"
    "2 wrong usage.\n",
    run_try};

}  // namespace qnetdev::cli
