// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/cli/monitor/client_schema.h"
#include "net/result.h"

/// A line of the QMP client, cut into words, before the schema says what they mean.
namespace qnetdev::cli {

/// What stands between words.
inline constexpr std::string_view kBlanks = " \t\r\n";

/// An argument as it was typed.
struct TypedArgument {
    std::string path = {};  ///< Empty if only a value was typed.
    std::string text = {};
    bool is_json = false;
};

struct ClientWords {
    std::string command = {};
    std::string json = {};  ///< Instead of a command.
    std::vector<TypedArgument> arguments = {};
    std::vector<std::string> fds = {};
};

Error bad_line(std::string message);
Error no_key_value(const std::string& word);

Result<ClientWords> split_client_line(std::string_view rest);

/// The values that were typed, by their paths. `arguments` must outlive it.
ClientSchema::Lookup lookup_in(const std::vector<TypedArgument>& arguments);

/// The arguments that a command needs, at the top, and that are not given.
std::vector<std::string> missing_arguments(const ClientSchema& schema,
                                           const ClientSchema::Entry& command,
                                           const std::vector<TypedArgument>& given);

}  // namespace qnetdev::cli
