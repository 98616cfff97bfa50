// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "net/cli/arguments.h"
#include "net/cli/command.h"
#include "net/cli/help_type.h"
#include "net/cli/json_reports.h"
#include "net/cli/report.h"
#include "qapi/net_types.h"
#include "qapi/suggest.h"

namespace qnetdev::cli {
namespace {

std::string list_commands() {
    std::string text =
        "usage: qnetdev COMMAND [OPTION]...\n"
        "\n"
        "Host networking for virtual machines, in QEMU's own words.\n"
        "\n";
    for (const Command* command : all_commands()) {
        text += "  " + std::string(command->name) + std::string(10 - command->name.size(), ' ') +
                std::string(command->summary) + "\n";
    }
    return text +
           "\n"
           "qnetdev COMMAND --help tells more about a command, qnetdev help TYPE about a backend,\n"
           "qnetdev help json about --json and --batch.\n"
           "\n" +
           list_netdev_types();
}

std::string describe_topic(std::string_view name) {
    for (const Command* command : all_commands()) {
        if (command->name == name) {
            return std::string(command->usage);
        }
    }
    return name == kJsonTopic ? std::string(kJsonHelp) : describe_netdev_type(name);
}

/// -nic and -net have cards, which are no backend.
std::string unknown_topic_hint(std::string_view name) {
    if (name == "nic") {
        return "a card is an option of -nic, or a -device; qnetdev help lists the types";
    }
    std::vector<std::string_view> names = {kJsonTopic};
    for (const Command* command : all_commands()) {
        names.push_back(command->name);
    }
    for (const std::string_view type : qapi::enum_names<qapi::NetClientDriver>) {
        if (!describe_netdev_type(type).empty()) {
            names.push_back(type);
        }
    }
    const std::string hint = qapi::did_you_mean(qapi::nearest(name, names));
    return hint.empty() ? "qnetdev help lists the commands and the types" : hint;
}

int run_help(Words words, const InheritedSignals& /*inherited*/) {
    std::vector<std::string_view> names;
    const Result<void> parsed =
        parse_arguments(words, {}, [&names](std::string_view word) -> Result<void> {
            names.push_back(word);
            return {};
        });
    if (!parsed || names.size() > 1) {
        report_error("", "",
                     parsed ? Error("help takes one type").with_hint("for example qnetdev help tap")
                            : parsed.error());
        return exit_usage;
    }
    const std::string text = names.empty() ? list_commands() : describe_topic(names.front());
    if (text.empty()) {
        report_error("", "",
                     Error("no netdev type '" + std::string(names.front()) + "'")
                         .with_hint(unknown_topic_hint(names.front())));
        return exit_usage;
    }
    print(text);
    return exit_done;
}

}  // namespace

const Command kHelpCommand = {
    "help", "list the commands and the netdev types, or describe a type",
    "usage: qnetdev help [TYPE | COMMAND | json]\n"
    "\n"
    "Without an argument lists the commands and the netdev types. With a type, tells every option\n"
    "of it: its meaning, default and limits. json tells what --json prints and --batch reads.\n",
    run_help};

}  // namespace qnetdev::cli
