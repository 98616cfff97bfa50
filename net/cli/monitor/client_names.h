// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/cli/monitor/client_schema.h"

namespace qnetdev::cli {

/// What tells the names that an argument can have.
struct NameQuery {
    std::string message = {};  ///< A command in JSON; empty if nothing tells them.
    bool backends_only = false;
};

/// A question that the monitor can be asked, ours or QEMU's: both list netdevs and cards to humans.
NameQuery query_for_names(const ClientSchema& schema, std::string_view command,
                          std::string_view key);

/// The names in the answer to it; each once.
std::vector<std::string> names_in_answer(const NameQuery& query, const Json& answer);

}  // namespace qnetdev::cli
