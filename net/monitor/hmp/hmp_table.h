// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/monitor/hmp/hmp_call.h"
#include "net/monitor/hmp/hmp_line.h"

namespace qnetdev {

/// What may stand at a place behind a command's name.
enum class HmpParameter {
    word,
    optional_word,
    on_off,
};

/// The words behind a command's name, one for each of its parameters; on_off as "on" or "off".
using HmpArguments = std::vector<std::optional<std::string>>;

/// A command of the human monitor.
struct HmpCommand {
    std::string_view name;
    std::string_view alias = {};  ///< A shorter name; may be empty.
    std::vector<HmpParameter> parameters = {};
    std::string_view synopsis = {};  ///< The parameters as help shows them.
    std::string_view summary = {};
    /// `typed` is the command as it stands in the line, for `Try "help …"`.
    std::function<void(HmpArguments arguments, std::string_view typed, HmpCall call)> run = {};
    /// What may be typed as that argument; may be empty.
    std::function<std::vector<std::string>(std::size_t argument)> complete = {};
};

/// The commands of the human monitor, and how a line becomes a call of one of them.
class HmpTable {
public:
    void add(HmpCommand command);
    /// A command behind `info`.
    void add_info(HmpCommand command);

    /// Executes one line of at most limits::kMonitorLine bytes. Errors are part of the output.
    void execute(std::string_view text, HmpCall call) const;

    /// What the last word of `text`, which may be empty, can become; sorted.
    std::vector<std::string> complete(std::string_view text) const;

private:
    using Commands = std::map<std::string_view, HmpCommand>;

    static const HmpCommand* find(const Commands& commands, std::string_view name);
    void help(HmpLine line, HmpCall call) const;
    std::vector<std::string> candidates(HmpLine line) const;

    Commands commands_ = {};
    Commands info_ = {};
};

Error line_too_long();

/// Prints the line that points to a command's help.
void print_try_help(HmpCall& call, std::string_view typed);

}  // namespace qnetdev
