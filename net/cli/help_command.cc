// SPDX-License-Identifier: MIT
#include <string>

#include "net/cli/arguments.h"
#include "net/cli/command.h"
#include "net/cli/help_type.h"
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
           "qnetdev COMMAND --help tells more about a command, qnetdev help TYPE about a backend.\n"
           "\n" +
           list_netdev_types();
}

int run_help(Words words, const InheritedSignals& /*inherited*/) {
    if (words.empty()) {
        print(list_commands());
        return exit_done;
    }
    if (words.size() > 1) {
        report_error("", "", Error("help takes one type"));
        return exit_usage;
    }
    for (const Command* command : all_commands()) {
        if (command->name == words.front()) {
            print(command->usage);
            return exit_done;
        }
    }
    const std::string text = describe_netdev_type(words.front());
    if (text.empty()) {
        const auto& names = qapi::enum_names<qapi::NetClientDriver>;
        report_error("", "",
                     Error("no netdev type '" + std::string(words.front()) + "'")
                         .with_hint(qapi::did_you_mean(qapi::nearest(words.front(), names))));
        return exit_usage;
    }
    print(text);
    return exit_done;
}

}  // namespace

const Command kHelpCommand = {
    "help", "list the commands and the netdev types, or describe a type",
    "usage: qnetdev help [TYPE | COMMAND]\n"
    "\n"
    "Without an argument lists the commands and the netdev types. With a type, tells every option\n"
    "of it: its meaning, default and limits.\n",
    run_help};

}  // namespace qnetdev::cli
