// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "net/cli/monitor/client_line.h"
#include "net/cli/monitor/client_words.h"

namespace qnetdev::cli {
namespace {

using Entry = ClientSchema::Entry;
using Meta = ClientSchema::Meta;

/// KEY= or KEY. for each argument that can follow, at the depth of what is being typed.
std::vector<std::string> complete_key(const ClientSchema& schema, const Entry& command,
                                      const ClientSchema::Lookup& lookup, const std::string& word) {
    const std::size_t dot = word.rfind('.');
    const std::string prefix = dot == word.npos ? "" : word.substr(0, dot + 1);
    std::string type = command.type;
    for (std::size_t at = 0; at < prefix.size();) {
        const std::size_t end = prefix.find('.', at);
        std::string next;
        for (const auto& member : schema.members(type, prefix.substr(0, at), lookup)) {
            if (member.name == prefix.substr(at, end - at)) {
                next = member.type;
            }
        }
        type = next;
        at = end + 1;
    }
    std::vector<std::string> keys;
    for (const auto& member : schema.members(type, prefix, lookup)) {
        const Entry* entry = schema.find(member.type);
        const bool is_object = entry != nullptr && entry->meta == Meta::object;
        if (is_object || !lookup(prefix + member.name)) {
            keys.push_back(prefix + member.name + (is_object ? "." : "="));
        }
    }
    return keys;
}

std::vector<std::string> complete_value(const Entry* type, const std::string& key) {
    std::vector<std::string> values;
    if (type != nullptr && type->meta == Meta::enumeration) {
        values = type->values;
    } else if (type != nullptr && type->json_type == "boolean") {
        values = {"on", "off"};
    }
    for (std::string& value : values) {
        value.insert(0, key + "=");
    }
    return values;
}

/// The names of what exists, as values of the key, which may be left out if `bare`.
std::vector<std::string> complete_name(const ClientWords& before, const std::string& key, bool bare,
                                       const NameSource& names) {
    std::vector<std::string> values;
    for (const std::string& name : names ? names(before.command, key) : values) {
        // What has a blank in it would be two words.
        if (name.find_first_of(kBlanks) == name.npos) {
            values.push_back(bare ? name : key + "=" + name);
        }
    }
    return values;
}

std::vector<std::string> complete_argument(const ClientSchema& schema, const Entry& command,
                                           const ClientWords& before, const std::string& word,
                                           const NameSource& names) {
    const ClientSchema::Lookup lookup = lookup_in(before.arguments);
    const std::size_t equals = word.find('=');
    if (equals != word.npos) {
        const std::string key = word.substr(0, equals);
        const auto values = complete_value(schema.argument_type(command, key, lookup), key);
        return values.empty() ? complete_name(before, key, false, names) : values;
    }
    std::vector<std::string> keys = complete_key(schema, command, lookup, word);
    const auto missing = missing_arguments(schema, command, before.arguments);
    if (missing.size() != 1) {
        return keys;
    }
    std::vector<std::string> values = complete_name(before, missing.front(), true, names);
    if (word.empty() && !values.empty()) {
        return values;  // rather than the key that is not needed
    }
    keys.insert(keys.end(), values.begin(), values.end());
    return keys;
}

}  // namespace

std::vector<std::string> complete_client_line(const ClientSchema& schema, std::string_view text,
                                              const NameSource& names) {
    const std::size_t blank = text.find_last_of(" \t");
    const std::size_t start = blank == text.npos ? 0 : blank + 1;
    const std::string word(text.substr(start));
    const Result<ClientWords> before = split_client_line(text.substr(0, start));
    if (!before || !before->json.empty()) {
        return {};
    }
    std::vector<std::string> candidates;
    if (before->command.empty() || before->command == "help") {
        candidates = schema.command_names();
    } else if (const Entry* command = schema.find_command(before->command)) {
        candidates = complete_argument(schema, *command, *before, word, names);
    }
    std::erase_if(candidates, [&word](const std::string& one) { return !one.starts_with(word); });
    std::sort(candidates.begin(), candidates.end());
    return candidates;
}

}  // namespace qnetdev::cli
