// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <utility>

#include "net/base/control_characters.h"
#include "net/cli/arguments.h"
#include "net/cli/completion.h"
#include "net/cli/report.h"
#include "qapi/net_types.h"

namespace qnetdev::cli {
namespace {

/// An option as the help of its command describes it.
struct Option {
    std::string name;
    std::string value;  ///< What stands for it there, as "FILE" or "json|text"; empty: takes none.
    std::string meaning;
};

std::string_view take_until(std::string_view& text, std::size_t end) {
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end, text.size()));
    return taken;
}

/// "-nic ARG, -net ARG   a backend", without the blanks before it.
void read_option_line(std::string_view line, std::vector<Option>& options) {
    const std::size_t first = options.size();
    while (line.starts_with('-')) {
        Option option{std::string(take_until(line, line.find_first_of(" ,"))), "", ""};
        if (line.starts_with(' ') && !line.starts_with("  ")) {
            line.remove_prefix(1);
            option.value = take_until(line, std::min(line.find("  "), line.find(", -")));
        }
        options.push_back(std::move(option));
        line.remove_prefix(line.starts_with(", -") ? 2 : 0);
    }
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    for (std::size_t i = first; i < options.size(); ++i) {
        options[i].meaning = line;
    }
}

/// The lines of a command's help that begin with an option behind two blanks.
std::vector<Option> options_of(const Command& command) {
    std::vector<Option> options;
    for (std::string_view rest = command.usage; !rest.empty();) {
        const std::string_view line = take_until(rest, rest.find('\n'));
        rest.remove_prefix(rest.empty() ? 0 : 1);
        if (line.starts_with("  -")) {
            read_option_line(line.substr(2), options);
        }
    }
    return options;
}

const Command* find_command(std::string_view name) {
    for (const Command* command : all_commands()) {
        if (command->name == name) {
            return command;
        }
    }
    return nullptr;
}

/// "-netdev" and "--netdev" are the same.
std::string_view bare_name(std::string_view option) {
    option.remove_prefix(std::min(option.find_first_not_of('-'), option.size()));
    return option;
}

bool is_netdev_option(std::string_view name) {
    return name.starts_with('-') &&
           (bare_name(name) == "netdev" || bare_name(name) == "nic" || bare_name(name) == "net");
}

/// What was found out, printed as shells expect it.
class Answer {
public:
    /// `word` is what all candidates have to begin with.
    explicit Answer(std::string_view word) : word_(word) {}

    void add(const Candidate& candidate) {
        const bool harmless = replace_controls(candidate.word, '?') == candidate.word;
        if (harmless && candidate.word.starts_with(word_)) {
            text_ += candidate.word + "\t" + replace_controls(candidate.meaning, ' ') + "\n";
        }
    }
    void add_all(const std::vector<Candidate>& candidates) {
        for (const Candidate& candidate : candidates) {
            add(candidate);
        }
    }
    void direct(const std::string& directive) { text_ += ":" + directive + "\n"; }
    const std::string& text() const { return text_; }

private:
    std::string word_;
    std::string text_ = {};
};

bool is_choice(std::string_view value) {
    return std::all_of(value.begin(), value.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || c == '|' || c == '-'; });
}

/// The value of an option; `prefix` is what stands before it in the same word ("--to=").
void complete_value(const std::vector<Option>& options, std::string_view name,
                    const std::string& prefix, std::string_view word, Answer& answer) {
    if (is_netdev_option(name)) {
        answer.direct("nospace");
        return answer.add_all(complete_netdev(bare_name(name), word));
    }
    for (const Option& option : options) {
        if (bare_name(option.name) != bare_name(name)) {
            continue;
        }
        if (option.value == "ADDRESS") {
            answer.direct("nospace");
            answer.add_all(complete_address(word));
        } else if (option.value == "FILE" || option.value == "PATH") {
            answer.direct("files");
        } else if (option.value.starts_with("NAME|UID")) {
            answer.direct("users");
        } else if (option.value.starts_with("NAME|GID")) {
            answer.direct("groups");
        } else if (is_choice(option.value)) {
            for (std::string_view rest = option.value; !rest.empty();) {
                answer.add(
                    {prefix + std::string(take_until(rest, rest.find('|'))), option.meaning});
                rest.remove_prefix(rest.empty() ? 0 : 1);
            }
        }
    }
}

void complete_first_word(Answer& answer) {
    for (const Command* command : all_commands()) {
        answer.add({std::string(command->name), std::string(command->summary)});
    }
    answer.add({"--help", "what there is"});
    answer.add({"--version", "which version this is"});
}

void complete_help(Answer& answer) {
    for (const Command* command : all_commands()) {
        answer.add({std::string(command->name), std::string(command->summary)});
    }
    for (const std::string_view type : qapi::enum_names<qapi::NetClientDriver>) {
        if (type != "none" && type != "nic") {
            answer.add({std::string(type), "netdev type"});
        }
    }
}

/// Whether the word before the last is an option that the last is the value of.
bool is_value(const std::vector<Option>& options, std::string_view before) {
    return std::any_of(options.begin(), options.end(), [before](const Option& option) {
        return before.starts_with('-') && bare_name(option.name) == bare_name(before) &&
               !option.value.empty();
    });
}

void complete_options(const std::vector<Option>& options, Answer& answer) {
    std::string last;
    for (const Option& option : options) {
        if (std::exchange(last, option.name) != option.name) {
            answer.add({option.name, option.meaning});
        }
    }
    answer.add({"--help", "what this command does"});
}

/// `words` has the name of a command, and at least one word behind it.
void complete_argument(const Command& command, Words words, Answer& answer) {
    const std::vector<Option> options = options_of(command);
    const std::string_view word = words.back();
    const std::string_view before = words[words.size() - 2];
    const auto dashes = std::find(words.begin() + 1, words.end() - 1, "--");
    const std::size_t equals = word.starts_with("--") ? word.find('=') : word.npos;
    if (dashes != words.end() - 1) {
        if (is_netdev_option(before)) {
            return complete_value({}, before, "", word, answer);
        }
        return answer.direct("command " + std::to_string(dashes - words.begin() + 1));
    }
    if (words.size() > 2 && (is_value(options, before) || is_netdev_option(before))) {
        return complete_value(options, before, "", word, answer);
    }
    if (equals != word.npos) {
        const std::string prefix(word.substr(0, equals + 1));
        return complete_value(options, word.substr(0, equals), prefix, word, answer);
    }
    if (command.name == kHelpCommand.name) {
        return complete_help(answer);
    }
    if (word.starts_with('-') || command.name != kMonitorCommand.name) {
        return complete_options(options, answer);
    }
    answer.direct("files");
}

int run_complete(Words words, const InheritedSignals& /*inherited*/) {
    if (words.empty()) {
        return exit_usage;
    }
    Answer answer(words.back());
    if (words.size() == 1) {
        complete_first_word(answer);
    } else if (const Command* command = find_command(words.front())) {
        complete_argument(*command, words, answer);
    }
    print(answer.text());
    return exit_done;
}

}  // namespace

const Command kCompleteCommand = {"__complete", "", "", run_complete};

}  // namespace qnetdev::cli
