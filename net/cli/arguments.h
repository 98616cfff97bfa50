// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/cli/command.h"
#include "net/options/netdev_arguments.h"
#include "net/result.h"
#include "net/trace.h"

namespace qnetdev::cli {

/// An option that a command knows. QEMU's are written with one dash and a value in the next word,
/// ours with two; each is taken with either, and with two dashes as `--name=VALUE` as well.
struct OptionSpec {
    std::string_view name;  ///< With its dashes.
    bool takes_value = false;
    std::function<Result<void>(std::string_view value)> apply;
};

/// An option without value that sets `target`.
OptionSpec flag_spec(std::string_view name, bool& target);

/// --trace, of every command that opens something: sets `target`.
OptionSpec trace_spec(bool& target);

/// The trace of a command: on standard error, if the option or QNETDEV_TRACE=1 in the environment
/// wants it.
Trace tool_trace(bool wanted);

/// The words before the first `--`, and those behind it, which are somebody else's command.
struct SplitWords {
    Words options;
    Words command = {};
    bool separated = false;
};
SplitWords split_words(Words words);

/// What is done with a word that is no option, and no option's value.
using TakeWord = std::function<Result<void>(std::string_view word)>;

/// Reads the words in order and applies each option. Fails on unknown options, missing or
/// superfluous values and stray words, naming them, with the nearest known option as hint. Words
/// that are no options may stand anywhere, if the command takes any.
Result<void> parse_arguments(Words words, const std::vector<OptionSpec>& specs,
                             const TakeWord& take_word = {});

/// "did you mean 'tap'?" if a known word is near the given one, else a list of them.
std::string suggest(std::string_view given, const std::vector<std::string_view>& known);

/// "'OPTION' must be a or b, not 'GIVEN'", with a suggestion.
Error choice_error(std::string_view option, const std::vector<std::string_view>& choices,
                   std::string_view given);

/// `what` (such as "try") has nothing to do.
Error no_netdev_error(std::string_view what);

/// The options that fill the list: -netdev.
std::vector<OptionSpec> netdev_option_specs(NetdevArguments& arguments);
/// -nic and -net.
std::vector<OptionSpec> nic_option_specs(NetdevArguments& arguments);

/// Why an argument cannot be used: it cannot be read, or its card is wrong. Nothing if it can.
std::vector<Error> reading_errors(const NetdevArgument& argument);

/// Prints the warnings and the first error of what was read, cards included, and invents the ids.
/// Returns the status to exit with, or nothing to go on. An argument that asks for help prints the
/// list of types: status 0.
std::optional<int> settle_netdevs(NetdevArguments& arguments);

/// Whether one of them asks for the list of types.
bool asks_for_types(const NetdevArguments& arguments);

/// For NetdevArguments::invent_ids().
unsigned random_number();

/// "Available netdev backend types:" and one a line, as QEMU prints them.
std::string list_netdev_types();

/// A whole number of seconds for --NAME, 1 to 3600.
Result<int> parse_seconds(std::string_view name, std::string_view text);

}  // namespace qnetdev::cli
