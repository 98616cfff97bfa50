// SPDX-License-Identifier: MIT
#include "net/cli/monitor/client_names.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

namespace qnetdev::cli {
namespace {

enum class Kind { backend, client, fd_set };

/// Arguments that name what exists.
struct Argument {
    std::string_view command;  ///< Empty: any.
    std::string_view key;
    Kind kind;
};

constexpr std::array kArguments{
    Argument{"netdev_del", "id", Kind::backend},
    Argument{"query-netdev", "id", Kind::backend},
    Argument{"netdev_add", "netdev", Kind::backend},
    Argument{"set_link", "name", Kind::client},
    Argument{"query-rx-filter", "name", Kind::client},
    Argument{"announce-self", "interfaces", Kind::client},
    Argument{"", "fdset-id", Kind::fd_set},
};

/// "hn0: index=0,type=tap,…", for what is connected to a card behind a backslash.
void add_client(std::string_view line, bool backends_only, std::set<std::string>& names) {
    line.remove_prefix(std::min(line.find_first_not_of(" \\"), line.size()));
    const std::size_t end = line.find(": index=");
    const bool is_card = line.find(",type=nic,", end == line.npos ? 0 : end) != line.npos;
    if (end != line.npos && end > 0 && !(is_card && backends_only)) {
        names.emplace(line.substr(0, end));
    }
}

}  // namespace

NameQuery query_for_names(const ClientSchema& schema, std::string_view command,
                          std::string_view key) {
    const auto* found =
        std::find_if(kArguments.begin(), kArguments.end(), [&](const Argument& argument) {
            return argument.key == key && (argument.command.empty() || argument.command == command);
        });
    if (found == kArguments.end()) {
        return {};
    }
    const bool is_set = found->kind == Kind::fd_set;
    const std::string query = is_set ? "query-fdsets" : "human-monitor-command";
    if (schema.find_command(query) == nullptr) {
        return {};
    }
    Json message{{"execute", query}};
    if (!is_set) {
        message["arguments"] = {{"command-line", "info network"}};
    }
    return {write_json(message), found->kind == Kind::backend};
}

std::vector<std::string> names_in_answer(const NameQuery& query, const Json& answer) {
    std::set<std::string> names;
    const Json value = answer.is_object() ? answer.value("return", Json()) : Json();
    if (value.is_array()) {
        for (const Json& set : value) {
            if (set.is_object() && set.contains("fdset-id")) {
                names.insert(write_json(set["fdset-id"]));
            }
        }
    } else if (value.is_string()) {
        const auto text = value.get<std::string>();
        for (std::string_view rest = text; !rest.empty();) {
            const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
            add_client(rest.substr(0, end), query.backends_only, names);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return {names.begin(), names.end()};
}

}  // namespace qnetdev::cli
