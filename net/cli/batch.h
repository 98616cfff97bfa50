// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/netdev.h"
#include "net/result.h"

namespace qnetdev::cli {

/// What became of one case.
struct BatchAnswer {
    std::vector<Error> findings = {};    ///< Nothing: accepted.
    bool help = false;                   ///< The argument asked for the list of types.
    std::vector<std::string> info = {};  ///< `info network`, if something was set up.
};

/// What a sub-command does with a case; each as if in a fresh process.
struct BatchJudge {
    std::function<BatchAnswer(const qapi::Netdev& netdev, NetdevOrigin origin)> netdev;
    /// Gets the text of a whole QMP command.
    std::function<BatchAnswer(std::string_view command)> qmp;
};

/// Answers JSON lines of standard input (NetdevBatchCase), each in turn, with a JSON line on
/// standard output (NetdevBatchAnswer).
///
/// A line that cannot be read is answered too, with a null id. Returns the exit status: failed if
/// there was one.
int run_batch(const BatchJudge& judge);

/// --batch has its arguments in its lines.
Error batch_with_netdev_error();

}  // namespace qnetdev::cli
