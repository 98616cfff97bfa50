// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace qnetdev::cli {

/// Exit status of the tool.
enum ExitStatus : int { exit_done = 0, exit_failed = 1, exit_usage = 2 };

class InheritedSignals;

using Words = std::span<const std::string_view>;

/// One sub-command; each has a file of its own.
struct Command {
    std::string_view name;
    std::string_view summary;
    std::string_view usage;  ///< What `qnetdev NAME --help` prints.
    /// Runs with the words behind the name; returns the exit status. `inherited` is for a program
    /// that takes our place.
    int (*run)(Words words, const InheritedSignals& inherited);
};

extern const Command kTryCommand;
extern const Command kCheckCommand;
extern const Command kRunCommand;
extern const Command kMonitorCommand;
extern const Command kExecCommand;
extern const Command kConvertCommand;
extern const Command kHelpCommand;

/// All of them, in the order that help lists them.
std::span<const Command* const> all_commands();

}  // namespace qnetdev::cli
