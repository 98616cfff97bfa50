// SPDX-License-Identifier: MIT
#include "net/cli/monitor/client_line.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <utility>

#include "net/cli/monitor/client_words.h"
#include "qapi/json_reader.h"
#include "qapi/json_writer.h"
#include "qapi/scalars.h"
#include "qapi/suggest.h"

namespace qnetdev::cli {
namespace {

using Entry = ClientSchema::Entry;
using Meta = ClientSchema::Meta;

std::string quoted(std::string_view text) {
    qapi::JsonWriter writer;
    writer.string(text);
    return writer.take();
}

bool is_json(const std::string& text) {
    return qapi::parse_json(text).has_value();
}

Result<std::string> convert_builtin(const std::string& type, const TypedArgument& typed) {
    const Error wrong = bad_line("'" + typed.path + "' must be " +
                                 (type == "boolean" ? "on or off"
                                  : type == "int"   ? "an integer"
                                                    : "a number") +
                                 ", not '" + typed.text + "'");
    if (type == "boolean") {
        const std::optional<bool> value = qapi::parse_bool(typed.text);
        return value ? Result<std::string>(*value ? "true" : "false") : wrong;
    }
    if (type == "int" || type == "number") {
        if (const auto number = qapi::parse_signed(typed.text)) {
            return std::to_string(*number);
        }
        if (const auto number = qapi::parse_unsigned(typed.text, qapi::Negative::refused)) {
            return std::to_string(*number);
        }
        return type == "number" && is_json(typed.text) ? Result<std::string>(typed.text) : wrong;
    }
    if (type == "null") {
        return std::string("null");
    }
    if (type == "value") {
        return is_json(typed.text) ? typed.text : quoted(typed.text);
    }
    return quoted(typed.text);
}

/// Turns what was typed into JSON of the type that the schema wants.
class Converter {
public:
    explicit Converter(const ClientSchema& schema) : schema_(schema) {}

    Result<std::string> convert(const Entry* type, const TypedArgument& typed) const {
        if (typed.is_json || type == nullptr) {
            return typed.is_json || is_json(typed.text) ? typed.text : quoted(typed.text);
        }
        switch (type->meta) {
            case Meta::builtin:
                return convert_builtin(type->json_type, typed);
            case Meta::array:
                return convert(schema_.find(type->type), typed);
            case Meta::alternate:
                return convert_alternate(*type, typed);
            case Meta::object:
                return bad_line("'" + typed.path + "' is an object")
                    .with_hint("write " + typed.path + ".KEY=VALUE, or JSON");
            default:
                return quoted(typed.text);
        }
    }

private:
    /// The first of the types that fits, texts last.
    Result<std::string> convert_alternate(const Entry& type, const TypedArgument& typed) const {
        for (const ClientSchema::Member& member : type.members) {
            const Entry* one = schema_.find(member.type);
            if (one == nullptr || one->json_type == "string" || one->meta == Meta::object ||
                one->json_type == "null") {
                continue;
            }
            const bool is_enum = one->meta == Meta::enumeration;
            if (is_enum && std::find(one->values.begin(), one->values.end(), typed.text) ==
                               one->values.end()) {
                continue;
            }
            if (Result<std::string> json = convert(one, typed)) {
                return json;
            }
        }
        return quoted(typed.text);
    }

    const ClientSchema& schema_;
};

/// The arguments as a tree.
struct Node {
    std::vector<std::string> values = {};  ///< JSON; several of a list.
    bool is_list = false;
    std::vector<std::pair<std::string, Node>> members = {};

    Node& member(const std::string& name) {
        for (auto& [key, node] : members) {
            if (key == name) {
                return node;
            }
        }
        return members.emplace_back(name, Node{}).second;
    }

    Node& at(std::string_view path) {
        Node* node = this;
        while (true) {
            const std::size_t dot = path.find('.');
            node = &node->member(std::string(path.substr(0, dot)));
            if (dot == path.npos) {
                return *node;
            }
            path.remove_prefix(dot + 1);
        }
    }

    /// What was typed as JSON goes out as it is, be it in QEMU's dialect.
    void write(qapi::JsonWriter& writer) const {  // NOLINT(misc-no-recursion)
        if (!members.empty() || values.empty()) {
            writer.begin_object();
            for (const auto& [key, node] : members) {
                writer.key(key);
                node.write(writer);
            }
            return writer.end_object();
        }
        if (is_list) {
            writer.begin_list();
        }
        for (const std::string& value : values) {
            writer.raw(value);
        }
        if (is_list) {
            writer.end_list();
        }
    }
};

Error unknown_argument(const ClientSchema& schema, const Entry& command, const ClientWords& words,
                       const std::string& path) {
    std::vector<std::string> names;
    for (const auto& member : schema.members(command.type, "", lookup_in(words.arguments))) {
        names.push_back(member.name);
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    std::string hint;
    if (path.find(',') != path.npos) {
        hint = "blanks stand between arguments, not commas";
    } else if (path.find('.') != path.npos) {
        hint = "objects in a list are written in JSON";
    } else {
        hint = qapi::did_you_mean(qapi::nearest(path, views));
    }
    return bad_line(words.command + " has no argument '" + path + "'").with_hint(hint);
}

/// Gives a value alone its name: `netdev_del hn0` can only mean one thing.
Result<void> name_values(const ClientSchema& schema, ClientWords& words) {
    for (TypedArgument& typed : words.arguments) {
        if (!typed.path.empty()) {
            continue;
        }
        const Entry* command = schema.find_command(words.command);
        if (command == nullptr) {
            return no_key_value(typed.text);
        }
        const auto missing = missing_arguments(schema, *command, words.arguments);
        if (missing.size() != 1) {
            return no_key_value(typed.text)
                .with_hint(missing.empty()
                               ? "help " + words.command + " lists the arguments"
                               : "did you mean '" + missing.front() + "=" + typed.text + "'?");
        }
        typed.path = missing.front();
    }
    return {};
}

Result<Node> read_arguments(const ClientSchema& schema, const ClientWords& words) {
    const Entry* command = schema.find_command(words.command);
    const ClientSchema::Lookup lookup = lookup_in(words.arguments);
    const Converter converter(schema);
    Node root;
    for (const TypedArgument& typed : words.arguments) {
        const Entry* type =
            command == nullptr ? nullptr : schema.argument_type(*command, typed.path, lookup);
        if (command != nullptr && type == nullptr) {
            return unknown_argument(schema, *command, words, typed.path);
        }
        std::string json = NET_TRY(converter.convert(type, typed));
        Node& node = root.at(typed.path);
        node.is_list = type != nullptr && type->meta == Meta::array &&
                       !(typed.is_json && json.starts_with('['));
        if (!node.is_list && !node.values.empty()) {
            return bad_line("'" + typed.path + "' is given twice");
        }
        node.values.push_back(std::move(json));
    }
    return root;
}

std::string command_text(const std::string& command, const Node& arguments) {
    qapi::JsonWriter writer(qapi::JsonLayout::line);
    writer.begin_object();
    writer.key("execute");
    writer.string(command);
    if (!arguments.members.empty()) {
        writer.key("arguments");
        arguments.write(writer);
    }
    writer.end_object();
    return writer.take();
}

Result<UniqueFd> open_file(const std::string& path) {
    // Without O_NONBLOCK a pipe without writer would be waited for.
    int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EISDIR || errno == EPERM)) {
        fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    if (fd < 0) {
        return Error::from_errno(errno, "cannot open " + path);
    }
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return UniqueFd(fd);
}

Result<void> add_fd(const std::string& word, ClientMessage& message) {
    if (word.find('/') != word.npos) {
        UniqueFd file = NET_TRY(open_file(word));
        message.fds.push_back(file.get());
        message.opened.push_back(std::move(file));
        return {};
    }
    int fd = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), fd);
    if (error != std::errc() || end != word.data() + word.size() || fd < 0) {
        return bad_line("'@" + word + "' names no descriptor")
            .with_hint("write @NUMBER of an open one, or @/PATH of a file");
    }
    if (fcntl(fd, F_GETFD) < 0) {
        return Error::from_errno(errno, "descriptor " + word);
    }
    message.fds.push_back(fd);
    return {};
}

}  // namespace

Result<ClientMessage> read_client_line(const ClientSchema& schema, std::string_view line) {
    ClientWords words = NET_TRY(split_client_line(line));
    NET_TRY(name_values(schema, words));
    ClientMessage message{.command = words.command, .json = words.json};
    for (const std::string& word : words.fds) {
        NET_TRY(add_fd(word, message));
    }
    if (message.json.empty()) {
        const Node arguments = NET_TRY(read_arguments(schema, words));
        message.json = command_text(words.command, arguments);
    }
    return message;
}

}  // namespace qnetdev::cli
