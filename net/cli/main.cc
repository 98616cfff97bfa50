// SPDX-License-Identifier: MIT
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "net/base/shell_quote.h"
#include "net/cli/command.h"
#include "net/cli/completion.h"
#include "net/cli/report.h"
#include "net/cli/signals.h"
#include "net/cli/standard_streams.h"
#include "net/cli/version.h"
#include "qapi/suggest.h"

namespace qnetdev::cli {

std::span<const Command* const> all_commands() {
    static constexpr std::array<const Command*, 7> kCommands{
        &kTryCommand,  &kCheckCommand,   &kRunCommand, &kMonitorCommand,
        &kExecCommand, &kConvertCommand, &kHelpCommand};
    return kCommands;
}

namespace {

const Command* find_command(std::string_view name) {
    for (const Command* command : all_commands()) {
        if (command->name == name) {
            return command;
        }
    }
    return nullptr;
}

int unknown_command(std::string_view name) {
    std::vector<std::string_view> names;
    for (const Command* command : all_commands()) {
        names.push_back(command->name);
    }
    const bool is_option = name.starts_with('-');
    std::string hint = is_option ? "a command comes first, for example qnetdev try " +
                                       shell_quote(name) + "; qnetdev help lists them"
                                 : qapi::did_you_mean(qapi::nearest(name, names));
    report_error("", "",
                 Error("unknown command '" + std::string(name) + "'")
                     .with_hint(hint.empty() ? "qnetdev help lists the commands" : hint));
    return exit_usage;
}

bool is_help_option(std::string_view word) {
    return word == "--help" || word == "-help" || word == "-h" || word == "--h";
}

/// Behind `--` are the words of somebody else.
bool asks_for_help(Words words) {
    for (const std::string_view word : words) {
        if (word == "--") {
            return false;
        }
        if (is_help_option(word)) {
            return true;
        }
    }
    return false;
}

int run_tool(Words words, const InheritedSignals& inherited) {
    if (words.empty()) {
        report_error("", "", Error("no command given").with_hint("qnetdev help lists them"));
        return exit_usage;
    }
    const std::string_view name = words.front();
    if (is_help_option(name)) {
        return kHelpCommand.run({}, inherited);
    }
    if (name == "--version" || name == "-version") {
        print("qnetdev " + std::string(kVersion) + "\n");
        return exit_done;
    }
    if (name == kCompleteCommand.name) {  // for shells, and so in no list
        return kCompleteCommand.run(words.subspan(1), inherited);
    }
    const Command* command = find_command(name);
    if (command == nullptr) {
        return unknown_command(name);
    }
    if (asks_for_help(words.subspan(1))) {
        print(command->usage);
        return exit_done;
    }
    return command->run(words.subspan(1), inherited);
}

/// Blocks of megabytes, as for the longest texts, go back to the system when they are freed. glibc
/// would keep them in the heap of each thread that had one (mallopt(3), "dynamic mmap threshold").
void give_large_blocks_back() {
#ifdef M_MMAP_THRESHOLD
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

bool has_reader(int fd) {
    pollfd entry = {fd, 0, 0};
    return poll(&entry, 1, 0) == 0 || (entry.revents & POLLERR) == 0;
}

/// What was promised on standard output must have got there. A reader who had enough is told so as
/// by any other program, but not before everything was cleaned up.
int check_output(int status, const InheritedSignals& inherited) {
    if ((fflush(stdout) == 0 && ferror(stdout) == 0) || status != exit_done) {
        return status;
    }
    if (!has_reader(STDOUT_FILENO)) {
        inherited.die_of_broken_pipe();
    }
    report_error("", "", Error("cannot write to standard output"));
    return exit_failed;
}

}  // namespace
}  // namespace qnetdev::cli

int main(int argc, char** argv) {
    qnetdev::cli::give_large_blocks_back();
    const auto inherited = qnetdev::cli::InheritedSignals::replace();
    if (!qnetdev::cli::fill_standard_streams()) {
        return qnetdev::cli::exit_failed;
    }
    const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return qnetdev::cli::check_output(qnetdev::cli::run_tool(words, inherited), inherited);
}
