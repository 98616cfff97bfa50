// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/cli/arguments.h"
#include "net/cli/batch.h"
#include "net/cli/batch_qmp.h"
#include "net/cli/command.h"
#include "net/cli/exec/command_devices.h"
#include "net/cli/exec/command_netdevs.h"
#include "net/cli/exec/qemu_options.h"
#include "net/cli/json_reports.h"
#include "net/cli/report.h"
#include "net/event_loop.h"
#include "net/glib_event_loop.h"
#include "net/netdev.h"
#include "net/options.h"
#include "net/options/locate.h"
#include "net/options/traditional.h"
#include "net/validate/validate.h"
#include "qapi/utf8.h"

namespace qnetdev::cli {
namespace {

struct CheckOptions {
    NetdevArguments netdevs = {};
    std::vector<std::string> chardevs = {};  ///< Ids.
    bool json = false;
    bool all = false;
    bool batch = false;
    bool trace = false;  ///< Nothing is done that could be shown.
    Words command = {};  ///< Behind `--`.
};

/// What is to be said of one argument.
struct Verdict {
    const NetdevArgument* argument;
    std::string type = {};  ///< Empty if the argument cannot be read.
    std::vector<Error> findings = {};
};

/// Errors of validation know the option, but not where it is written.
Error with_location(Error error, OptionLocator& locator) {
    if (error.span().has_value() || error.param().empty()) {
        return error;
    }
    const std::optional<TextSpan> span = locator.find(error.param(), error.message());
    return span ? std::move(error).with_span(*span) : error;
}

Verdict judge(const NetdevArgument& argument) {
    Verdict verdict{.argument = &argument};
    if (!argument.parsed) {
        verdict.findings.push_back(argument.parsed.error());
        return verdict;
    }
    verdict.type = "none";
    verdict.findings = validate_nic_card(*argument.parsed);
    if (argument.parsed->netdev) {
        verdict.type = std::visit(
            [](const auto& branch) {
                return std::string(qapi::enum_name(std::decay_t<decltype(branch)>::kTag));
            },
            argument.netdev().branch);
        std::vector<Error> broken = net_validate(argument.netdev(), argument.origin());
        std::move(broken.begin(), broken.end(), std::back_inserter(verdict.findings));
    }
    return verdict;
}

Error id_used_twice(const std::string& id) {
    const std::string shown = qapi::printable(id, 64);
    return Error("'id' must be unique, but '" + shown + "' is used twice")
        .with_stage(Stage::validate)
        .with_param("id")
        .with_hint("use another, such as id=" + shown + "-2");
}

/// Puts what is wrong between the arguments before what is wrong with each.
void prepend(std::vector<Error> found, std::vector<Error>& findings) {
    findings.insert(findings.begin(), std::make_move_iterator(found.begin()),
                    std::make_move_iterator(found.end()));
}

/// Adds what is wrong between the arguments: ids that are used twice, and ids that do not exist.
/// In the order QEMU makes them. `verdicts` has one for each argument.
void check_together(const CheckOptions& options, std::vector<Verdict>& verdicts) {
    const std::vector<NetdevArgument>& items = options.netdevs.items();
    std::vector<std::string> ids;
    std::set<std::string> taken;
    for (const std::size_t i : options.netdevs.init_order()) {
        const qapi::Netdev& netdev = items[i].netdev();
        std::vector<Error> found =
            validate_references(netdev, {.netdevs = ids, .chardevs = options.chardevs});
        if (!taken.insert(netdev.id).second) {
            found.insert(found.begin(), id_used_twice(netdev.id));
        }
        prepend(std::move(found), verdicts[i].findings);
        ids.push_back(netdev.id);
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].parsed && items[i].parsed->netdev && !items[i].has_backend()) {
            // A card of -net.
            prepend(validate_references(items[i].netdev(), {.netdevs = ids, .chardevs = {}}),
                    verdicts[i].findings);
        }
    }
}

void add_locations(Verdict& verdict) {
    if (verdict.findings.empty() || verdict.type.empty()) {
        return;  // errors of parsing know their place
    }
    OptionLocator locator(verdict.argument->text);
    for (Error& finding : verdict.findings) {
        finding = with_location(std::move(finding), locator);
    }
}

/// The id, or what there is in place of one that nobody has written.
std::string subject(const NetdevArgument& argument) {
    const bool named = argument.parsed->netdev && !argument.id_invented;
    return qapi::printable(named ? argument.netdev().id
                                 : std::string(argument.name()) + " " + argument.text);
}

void print_verdict(const Verdict& verdict, bool all) {
    const NetdevArgument& argument = *verdict.argument;
    for (const std::string& warning : argument.warnings()) {
        report_warning(argument.name(), argument.text, warning);
    }
    if (verdict.findings.empty()) {
        print(subject(argument) + ": " + verdict.type + ", valid\n");
        return;
    }
    for (const Error& finding : verdict.findings) {
        report_finding(finding, argument.text);
        if (!all) {
            break;
        }
    }
}

void print_json_verdict(const Verdict& verdict, bool all) {
    const std::span<const Error> findings(verdict.findings);
    print_report(
        make_report(*verdict.argument,
                    all ? findings : findings.first(std::min<std::size_t>(findings.size(), 1))));
}

BatchAnswer check_case(const qapi::Netdev& netdev, NetdevOrigin origin) {
    BatchAnswer answer;
    // Each case stands alone, so nothing that it refers to by id exists.
    std::vector<Error> findings = validate_references(netdev, {});
    if (findings.empty()) {
        findings = net_validate(netdev, origin);
    }
    answer.findings = std::move(findings);
    return answer;
}

/// As a monitor would answer if netdevs that it is to add were only checked.
BatchAnswer check_qmp_case(std::string_view command) {
    Result<std::unique_ptr<EventLoop>> loop = glib_event_loop(nullptr);
    if (!loop) {
        return {.findings = {std::move(loop).error()}};
    }
    const std::unique_ptr<NetContext> context = net_context_create(**loop, {});
    const auto bring_up = [](NetContext&, const qapi::Netdev& netdev, const NetInitOptions& options,
                             const MonitorService::BringUpDone& done) {
        const BatchAnswer answer = check_case(netdev, options.origin);
        done(answer.findings.empty() ? Result<void>() : answer.findings.front());
    };
    const Result<void> outcome = execute_alone(*context, command, bring_up);
    return outcome ? BatchAnswer{} : BatchAnswer{.findings = {outcome.error()}};
}

void warn_of_devices(const CheckOptions& options) {
    for (const DeviceWarning& warning : check_devices(options.command)) {
        if (options.json) {
            print_report({.option = "-device",
                          .arg = warning.text,
                          .valid = true,
                          .warnings = {warning.problem.message() + ": " + warning.problem.hint()}});
        } else {
            report_warning(warning.problem, warning.text);
        }
    }
}

int check_netdevs(const CheckOptions& options) {
    std::vector<Verdict> verdicts;
    for (const NetdevArgument& argument : options.netdevs.items()) {
        verdicts.push_back(judge(argument));
    }
    check_together(options, verdicts);
    int status = exit_done;
    for (Verdict& verdict : verdicts) {
        add_locations(verdict);
        if (options.json) {
            print_json_verdict(verdict, options.all);
        } else {
            print_verdict(verdict, options.all);
        }
        status = verdict.findings.empty() ? status : exit_failed;
    }
    warn_of_devices(options);
    return status;
}

void add_chardev(std::string_view text, CheckOptions& options) {
    const TraditionalOptions chardev(text, "backend");
    const std::optional<OptionText> id = chardev.get("id");
    options.chardevs.emplace_back(id ? id->text : std::string_view());
}

/// What a command line of QEMU's has for us.
void add_command(Words command, CheckOptions& options) {
    options.command = command;
    for (const NetdevWord& word : find_netdev_words(command)) {
        options.netdevs.add(word.option, std::string(command[word.index]));
    }
    for (const std::size_t index : find_qemu_values(command, "chardev")) {
        add_chardev(command[index], options);
    }
}

int run_check(Words words, const InheritedSignals& /*inherited*/) {
    CheckOptions options;
    std::vector<OptionSpec> specs = netdev_option_specs(options.netdevs);
    for (OptionSpec& spec : nic_option_specs(options.netdevs)) {
        specs.push_back(std::move(spec));
    }
    specs.push_back(flag_spec("--json", options.json));
    specs.push_back(flag_spec("--all", options.all));
    specs.push_back(flag_spec("--batch", options.batch));
    specs.push_back(trace_spec(options.trace));
    specs.push_back({"-chardev", true, [&options](std::string_view text) -> Result<void> {
                         add_chardev(text, options);
                         return {};
                     }});
    const SplitWords split = split_words(words);
    const Result<void> parsed = parse_arguments(split.options, specs);
    if (!parsed) {
        report_error("", "", parsed.error());
        return exit_usage;
    }
    add_command(split.command, options);
    if (options.batch && !options.netdevs.empty()) {
        report_error("", "", batch_with_netdev_error());
        return exit_usage;
    }
    if (options.batch) {
        return run_batch({.netdev = check_case, .qmp = check_qmp_case});
    }
    if (options.netdevs.empty() && split.command.empty()) {
        report_error("", "",
                     no_netdev_error("check needs at least one -netdev, -nic or -net, or --batch"));
        return exit_usage;
    }
    if (asks_for_types(options.netdevs)) {
        print(list_netdev_types());
        return exit_done;
    }
    options.netdevs.invent_ids(random_number);
    return check_netdevs(options);
}

}  // namespace

const Command kCheckCommand = {
    "check", "say whether netdevs are valid, and what is wrong with them",
    "usage: qnetdev check [--all] [--json] [-chardev ARG]... -netdev|-nic|-net ARG...\n"
    "       qnetdev check [OPTION]... -- COMMAND [WORD]...\n"
    "       qnetdev check --batch\n"
    "\n"
    "Reads and validates, and touches nothing. For each argument that is wrong, prints why, the\n"
    "bytes at fault, and what to do. Of a COMMAND, as for QEMU, those in it, which is not run; "
    "and\n"
    "warns of each -device that does not go with its netdev.\n"
    "\n"
    "  -netdev ARG   a backend, as QEMU's -netdev takes it; key=value text or JSON\n"
    "  -nic ARG      a backend and its card, as QEMU's -nic takes them\n"
    "  -net ARG      a backend or a card, as QEMU's -net takes it\n"
    "  -chardev ARG  a character device that a backend may name; only its id is read\n"
    "  --all         every broken rule, not only the first\n"
    "  --json        one JSON object a line on standard output, a NetdevReport of the schema\n"
    "  --batch       answer lines {\"id\":ANY,\"form\":FORM,\"arg\":TEXT} of standard input, each "
    "on\n"
    "                its own; FORM is keyval, json, nic, net or qmp. qnetdev help json tells more\n"
    "  --trace       as with the other commands; there is no system call to show here\n"
    "\n"
    "Exit status: 0 all valid, 1 something is wrong (with --batch: a line is no case), 2 wrong\n"
    "usage.\n",
    run_check};

}  // namespace qnetdev::cli
