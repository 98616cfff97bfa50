// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net/cli/exec/command_netdevs.h"
#include "net/cli/exec/tap_argument.h"
#include "net/options/netdev_arguments.h"

/// What `qnetdev exec` is going to do, before it does anything.
namespace qnetdev::cli {

/// What the plan is made from.
struct ExecPlanInput {
    const NetdevArguments& own;  ///< The -netdev options of qnetdev itself, before the `--`.
    Words command;
    bool also_command = false;     ///< Look into the command even if there are own ones.
    bool no_scripts = false;       ///< None that the command's words name is run.
    std::set<int> inherited = {};  ///< Descriptors above 2 that are open at the start.
    std::set<int> kept = {};       ///< Those of --keep-fd.
    bool fd_names = false;
};

struct ExecPlan {
    std::vector<TapRequest> requests = {};   ///< Own ones first, then in the command's order.
    std::vector<TapNumbers> numbers = {};    ///< For each request.
    std::vector<std::string> words = {};     ///< The command, rewritten.
    std::set<int> kept = {};                 ///< Passed on besides.
    std::vector<std::string> fd_names = {};  ///< Of descriptors 3 and up; only with --fd-names.
    std::vector<std::string> devices = {};   ///< A -device argument for each -netdev with a tap.
};

/// Reads the command, assigns numbers and rewrites it. Reports the first error, and returns nothing
/// then. Opens nothing.
std::optional<ExecPlan> make_exec_plan(const ExecPlanInput& input);

}  // namespace qnetdev::cli
