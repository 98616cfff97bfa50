// SPDX-License-Identifier: MIT
#include "net/cli/monitor/client_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace qnetdev::cli {
namespace {

using Entry = ClientSchema::Entry;
using Meta = ClientSchema::Meta;

// What is not as the schema of a monitor should be counts as absent.

std::string text_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : "";
}

std::string text_of(const Json& object, const char* key) {
    const auto member = object.find(key);
    return member != object.end() ? text_of(*member) : "";
}

Json::array_t items_of(const Json& object, const char* key) {
    const auto member = object.find(key);
    return member != object.end() && member->is_array() ? member->get<Json::array_t>()
                                                        : Json::array_t();
}

std::optional<Meta> meta_of(const std::string& name) {
    const std::map<std::string_view, Meta> metas{
        {"builtin", Meta::builtin}, {"enum", Meta::enumeration},    {"array", Meta::array},
        {"object", Meta::object},   {"alternate", Meta::alternate}, {"command", Meta::command}};
    const auto found = metas.find(name);
    return found == metas.end() ? std::nullopt : std::optional(found->second);
}

Entry read_entry(const Json& value, Meta meta) {
    Entry entry{
        .meta = meta, .json_type = text_of(value, "json-type"), .tag = text_of(value, "tag")};
    entry.type = text_of(value, meta == Meta::command ? "arg-type" : "element-type");
    for (const Json& name : items_of(value, "values")) {
        entry.values.push_back(text_of(name));
    }
    for (const Json& member : items_of(value, "members")) {
        entry.members.push_back(
            {text_of(member, "name"), text_of(member, "type"), member.contains("default")});
    }
    for (const Json& variant : items_of(value, "variants")) {
        entry.variants.emplace(text_of(variant, "case"), text_of(variant, "type"));
    }
    return entry;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : "|") + word;
    }
    return text;
}

}  // namespace

ClientSchema ClientSchema::read(const Json& list) {
    ClientSchema schema;
    for (const Json& value : list.is_array() ? list : Json::array()) {
        if (const std::optional<Meta> meta = meta_of(text_of(value, "meta-type"))) {
            schema.entries_.emplace(text_of(value, "name"), read_entry(value, *meta));
        }
    }
    return schema;
}

const Entry* ClientSchema::find(const std::string& type) const {
    const auto found = entries_.find(type);
    return found == entries_.end() ? nullptr : &found->second;
}

const Entry* ClientSchema::find_command(const std::string& name) const {
    const Entry* entry = find(name);
    return entry != nullptr && entry->meta == Meta::command ? entry : nullptr;
}

std::vector<std::string> ClientSchema::command_names() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) {
        if (entry.meta == Meta::command) {
            names.push_back(name);
        }
    }
    return names;
}

std::vector<ClientSchema::Member> ClientSchema::members(const std::string& type,
                                                        const std::string& prefix,
                                                        const Lookup& lookup) const {
    const Entry* entry = find(type);
    if (entry == nullptr || entry->meta != Meta::object) {
        return {};
    }
    std::vector<Member> list = entry->members;
    if (entry->tag.empty()) {
        return list;
    }
    const std::optional<std::string> selected = lookup(prefix + entry->tag);
    const auto variant = selected ? entry->variants.find(*selected) : entry->variants.end();
    if (variant != entry->variants.end()) {
        for (Member& member : members(variant->second, prefix, lookup)) {
            list.push_back(std::move(member));
        }
    }
    return list;
}

const Entry* ClientSchema::argument_type(const Entry& command, const std::string& path,
                                         const Lookup& lookup) const {
    std::string type = command.type;
    std::string prefix;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t dot = std::min(path.find('.', at), path.size());
        const std::string name = path.substr(at, dot - at);
        const std::vector<Member> list = members(type, prefix, lookup);
        const auto found = std::find_if(list.begin(), list.end(), [&name](const Member& member) {
            return member.name == name;
        });
        if (found == list.end()) {
            return nullptr;
        }
        type = found->type;
        at = dot + 1;
        prefix = path.substr(0, std::min(at, path.size()));
    }
    return find(type);
}

std::string ClientSchema::describe(const std::string& type) const {
    const Entry* entry = find(type);
    if (entry == nullptr) {
        return "value";
    }
    switch (entry->meta) {
        case Meta::builtin:
            return entry->json_type == "boolean" ? "on|off" : entry->json_type;
        case Meta::enumeration:
            return joined(entry->values);
        case Meta::array:
            return describe(entry->type) + "...";
        case Meta::alternate:
            return "value";
        default:
            return "object";
    }
}

}  // namespace qnetdev::cli
