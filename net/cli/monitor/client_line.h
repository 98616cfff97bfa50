// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/cli/monitor/client_schema.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev::cli {

/// A line of the QMP client as what is to be sent.
struct ClientMessage {
    std::string command = {};  ///< For messages; empty if it was JSON.
    std::string json = {};
    std::vector<int> fds = {};
    std::vector<UniqueFd> opened = {};  ///< Those of `fds` that are ours.
};

/// Reads a line: either a message in JSON, or
///
///     COMMAND [KEY=VALUE]... [@NUMBER | @/PATH]...
///
/// A VALUE alone belongs to the only argument that the command needs and that is not given.
/// KEY is an argument's name, with dots between the names of nested ones; repeated, it gives a
/// list its elements. VALUE is JSON if it begins with a bracket, a brace or a quote; other text is
/// converted to the type that the schema tells. Behind both forms, @NUMBER sends a descriptor that
/// this process has, and @/PATH a file that it opens.
Result<ClientMessage> read_client_line(const ClientSchema& schema, std::string_view line);

/// The names that an argument of a command can have by what exists; empty if that is not known.
using NameSource =
    std::function<std::vector<std::string>(const std::string& command, const std::string& key)>;

/// What the last word of a line can become; sorted.
std::vector<std::string> complete_client_line(const ClientSchema& schema, std::string_view text,
                                              const NameSource& names = {});

}  // namespace qnetdev::cli
