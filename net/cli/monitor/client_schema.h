// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/cli/json_text.h"

namespace qnetdev::cli {

/// What a monitor's commands take, as the monitor itself describes it (query-qmp-schema).
class ClientSchema {
public:
    enum class Meta { builtin, enumeration, array, object, alternate, command };

    struct Member {
        std::string name;
        std::string type;
        bool optional = false;
    };
    /// An entry of the schema, of any kind; what does not apply is empty.
    struct Entry {
        Meta meta = Meta::builtin;
        std::string json_type = {};            ///< Of a builtin.
        std::string type = {};                 ///< An array's elements; a command's arguments.
        std::vector<std::string> values = {};  ///< Of an enumeration.
        std::vector<Member> members = {};      ///< Of an object; an alternate's have no names.
        std::string tag = {};                  ///< Which member selects the variant.
        std::map<std::string, std::string> variants = {};  ///< Its value, and the type.
    };
    /// The value of a member at a path of dots, if it is known.
    using Lookup = std::function<std::optional<std::string>(const std::string& path)>;

    ClientSchema() = default;
    /// From the list that the command returned.
    static ClientSchema read(const Json& list);

    bool is_empty() const { return entries_.empty(); }
    /// Null if there is no such type.
    const Entry* find(const std::string& type) const;
    /// Null if there is no such command.
    const Entry* find_command(const std::string& name) const;
    std::vector<std::string> command_names() const;

    /// The members of an object type at `prefix` ("" or "addr."), those of the variant that
    /// `lookup` selects included.
    std::vector<Member> members(const std::string& type, const std::string& prefix,
                                const Lookup& lookup) const;
    /// The type of the argument at a path of dots; null if there is none.
    const Entry* argument_type(const Entry& command, const std::string& path,
                               const Lookup& lookup) const;
    /// What the argument can be, in one word: "int", "on|off", "tap|user|…", "object".
    std::string describe(const std::string& type) const;

private:
    std::map<std::string, Entry> entries_ = {};
};

}  // namespace qnetdev::cli
