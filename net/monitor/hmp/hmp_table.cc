// SPDX-License-Identifier: MIT
#include "net/monitor/hmp/hmp_table.h"

#include <algorithm>
#include <utility>

#include "net/base/limits.h"
#include "qapi/utf8.h"

namespace qnetdev {
namespace {

constexpr std::string_view kInfo = "info";
constexpr std::string_view kHelp = "help";
constexpr std::string_view kHelpAlias = "?";

std::string full_name(const HmpCommand& command) {
    std::string name(command.name);
    return command.alias.empty() ? name : name + "|" + std::string(command.alias);
}

void print_help(HmpCall& call, std::string_view prefix, const HmpCommand& command) {
    call.print(std::string(prefix) + full_name(command) + " " + std::string(command.synopsis) +
               " -- " + std::string(command.summary) + "\n");
}

void print_unknown(HmpCall& call, std::string_view typed) {
    call.print("unknown command: '" + qapi::printable(typed) + "'\n");
}

/// The arguments, or what is wrong with them.
struct ReadArguments {
    HmpArguments arguments = {};
    std::string problem = {};
};

ReadArguments read_arguments(const HmpCommand& command, HmpLine& line) {
    ReadArguments read;
    for (const HmpParameter parameter : command.parameters) {
        if (parameter == HmpParameter::on_off) {
            const std::string_view word = line.raw_word();
            if (word != "on" && word != "off") {
                read.problem = "Expected 'on' or 'off'";
                return read;
            }
            read.arguments.emplace_back(word);
            continue;
        }
        const bool missing = line.at_end();
        std::optional<std::string> word = line.word();
        if (!word && !(missing && parameter == HmpParameter::optional_word)) {
            read.problem = full_name(command) + ": string expected";
            return read;
        }
        read.arguments.push_back(std::move(word));
    }
    if (!line.at_end()) {
        read.problem = full_name(command) + ": extraneous characters at the end of line";
    }
    return read;
}

}  // namespace

void print_try_help(HmpCall& call, std::string_view typed) {
    call.print("Try \"help " + qapi::printable(typed) + "\" for more information\n");
}

Error line_too_long() {
    return Error("the line is longer than " + std::to_string(limits::kMonitorLine) + " bytes");
}

void HmpTable::add(HmpCommand command) {
    commands_.insert_or_assign(command.name, std::move(command));
}

void HmpTable::add_info(HmpCommand command) {
    info_.insert_or_assign(command.name, std::move(command));
}

const HmpCommand* HmpTable::find(const Commands& commands, std::string_view name) {
    if (const auto found = commands.find(name); found != commands.end()) {
        return &found->second;
    }
    const auto has_alias = [name](const auto& entry) { return entry.second.alias == name; };
    const auto found =
        name.empty() ? commands.end() : std::find_if(commands.begin(), commands.end(), has_alias);
    return found == commands.end() ? nullptr : &found->second;
}

void HmpTable::execute(std::string_view text, HmpCall call) const {
    if (text.size() > limits::kMonitorLine) {
        return call.fail(line_too_long());
    }
    HmpLine line(text);
    const std::string_view name = line.raw_word();
    if (name.empty()) {
        return;
    }
    if (name == kHelp || name == kHelpAlias) {
        return help(line, std::move(call));
    }
    if (name == kInfo && line.at_end()) {
        return help(HmpLine(kInfo), std::move(call));
    }
    const HmpCommand* command =
        name == kInfo ? find(info_, line.raw_word()) : find(commands_, name);
    const std::string_view typed = line.so_far();
    if (command == nullptr) {
        return print_unknown(call, typed);
    }
    ReadArguments read = read_arguments(*command, line);
    if (!read.problem.empty()) {
        call.print(read.problem + "\n");
        return print_try_help(call, typed);
    }
    command->run(std::move(read.arguments), typed, std::move(call));
}

void HmpTable::help(HmpLine line, HmpCall call) const {
    const std::string name(line.raw_word());
    const std::string sub(line.raw_word());
    if (name == kInfo && !sub.empty()) {
        const HmpCommand* command = find(info_, sub);
        return command != nullptr ? print_help(call, "info ", *command)
                                  : print_unknown(call, "info " + sub);
    }
    if (name == kInfo) {
        for (const auto& [_, command] : info_) {
            print_help(call, "info ", command);
        }
        return;
    }
    const HmpCommand meta_help{.name = kHelp,
                               .alias = kHelpAlias,
                               .synopsis = "[COMMAND]",
                               .summary = "tell what the commands, or this one, are for"};
    if (name == kHelp || name == kHelpAlias) {
        return print_help(call, "", meta_help);
    }
    if (!name.empty()) {
        const HmpCommand* command = find(commands_, name);
        return command != nullptr ? print_help(call, "", *command) : print_unknown(call, name);
    }
    const HmpCommand meta_info{.name = kInfo,
                               .synopsis = "[SUBJECT]",
                               .summary = "show something; without a subject, list them"};
    Commands all = commands_;
    all.emplace(kHelp, meta_help);
    all.emplace(kInfo, meta_info);
    for (const auto& [_, command] : all) {
        print_help(call, "", command);
    }
}

std::vector<std::string> HmpTable::complete(std::string_view text) const {
    const std::size_t blank = text.find_last_of(" \t");
    const std::size_t start = blank == text.npos ? 0 : blank + 1;
    const std::string_view word = text.substr(start);
    std::vector<std::string> fitting;
    for (std::string& candidate : candidates(HmpLine(text.substr(0, start)))) {
        if (candidate.starts_with(word)) {
            fitting.push_back(std::move(candidate));
        }
    }
    std::sort(fitting.begin(), fitting.end());
    return fitting;
}

/// What may follow the words of `line`.
std::vector<std::string> HmpTable::candidates(HmpLine line) const {
    std::string_view name = line.raw_word();
    std::vector<std::string> list;
    const auto list_names = [&list](const Commands& commands) {
        for (const auto& [command, _] : commands) {
            list.emplace_back(command);
        }
    };
    const bool wants_name = name.empty();
    if (name == kHelp || name == kHelpAlias) {
        name = line.raw_word();
        if (!name.empty() && name != kInfo) {
            return list;
        }
    }
    if (name.empty()) {
        list_names(commands_);
        list.emplace_back(kInfo);
        if (wants_name) {
            list.emplace_back(kHelp);
        }
    } else if (name == kInfo && line.at_end()) {
        list_names(info_);
    } else if (const HmpCommand* command = find(commands_, name);
               command != nullptr && command->complete) {
        std::size_t argument = 0;
        while (!line.at_end()) {
            (void)line.raw_word();
            ++argument;
        }
        return command->complete(argument);
    }
    return list;
}

}  // namespace qnetdev
