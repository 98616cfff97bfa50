// SPDX-License-Identifier: MIT
#include "net/cli/batch_qmp.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "net/options.h"
#include "qapi/json_reader.h"
#include "qapi/suggest.h"
#include "qapi/utf8.h"

namespace net::cli {
namespace {

/// What becomes of a command in a monitor that has nothing.
enum class Outcome { done, no_device, no_such_name, no_descriptor };

/// A command other than netdev_add. `param` names what it is about, by its mandatory text argument;
/// empty if it needs none.
struct QmpCommand {
    std::string_view name;
    std::string_view param;
    Outcome outcome;
};

constexpr std::array<QmpCommand, 9> kCommands = {{
    {"add-fd", "", Outcome::no_descriptor},
    {"closefd", "fdname", Outcome::no_such_name},
    {"getfd", "fdname", Outcome::no_descriptor},
    {"netdev_del", "id", Outcome::no_device},
    {"qmp_capabilities", "", Outcome::done},
    {"query-fdsets", "", Outcome::done},
    {"query-rx-filter", "", Outcome::done},
    {"remove-fd", "", Outcome::no_such_name},
    {"set_link", "name", Outcome::no_device},
}};

Error parse_error(std::string message, std::string_view param) {
    return Error(std::move(message)).with_stage(Stage::parse).with_param(std::string(param));
}

Error unknown_command(std::string_view name) {
    std::array<std::string_view, kCommands.size() + 1> names = {"netdev_add"};
    std::transform(kCommands.begin(), kCommands.end(), names.begin() + 1,
                   [](const QmpCommand& command) { return command.name; });
    return Error("'" + qapi::printable(name) + "' is not a command known here",
                 ErrorClass::command_not_found)
        .with_stage(Stage::parse)
        .with_param("execute")
        .with_hint(qapi::did_you_mean(qapi::nearest(name, names)));
}

/// The text argument that a command needs.
Result<std::string> read_subject(const QmpCommand& command, const qapi::Value& arguments) {
    if (command.param.empty()) {
        return std::string();
    }
    const qapi::Value value = arguments ? arguments.find(command.param) : qapi::Value();
    const std::string name = "'" + std::string(command.param) + "'";
    if (!value) {
        return parse_error(name + " is required", command.param);
    }
    if (value.kind() != qapi::ValueKind::string) {
        return parse_error(name + " must be a string", command.param);
    }
    return std::string(value.text());
}

Result<void> judge(const QmpCommand& command, const qapi::Value& arguments) {
    const std::string subject = NET_TRY(read_subject(command, arguments));
    switch (command.outcome) {
        case Outcome::done:
            return {};
        case Outcome::no_device:
            return Error("there is no '" + qapi::printable(subject) + "'",
                         ErrorClass::device_not_found)
                .with_stage(Stage::validate)
                .with_param(std::string(command.param));
        case Outcome::no_such_name:
            return Error("there is no such descriptor")
                .with_stage(Stage::validate)
                .with_param(std::string(command.param));
        case Outcome::no_descriptor:
            return Error("no descriptor came with '" + std::string(command.name) + "'")
                .with_hint("send it with the command's bytes, as SCM_RIGHTS");
    }
    return {};
}

}  // namespace

Result<std::optional<qapi::Netdev>> read_qmp_command(std::string_view text) {
    const qapi::Document document = NET_TRY(qapi::parse_json(text));
    const qapi::Value name = document.root().find("execute");
    if (!name || name.kind() != qapi::ValueKind::string) {
        return parse_error("'execute' must be the name of a command", "execute");
    }
    const qapi::Value arguments = document.root().find("arguments");
    if (arguments && arguments.kind() != qapi::ValueKind::object) {
        return parse_error("'arguments' must be an object", "arguments");
    }
    if (name.text() == "netdev_add") {
        const TextSpan span = arguments ? arguments.span() : TextSpan{};
        const std::string_view object =
            arguments ? text.substr(span.offset, span.length) : std::string_view("{}");
        ParsedNetdev parsed = NET_TRY(parse_netdev_as(object, NetdevLanguage::json));
        return std::optional(std::move(parsed.netdev));
    }
    const auto* const command =
        std::find_if(kCommands.begin(), kCommands.end(),
                     [&name](const QmpCommand& entry) { return entry.name == name.text(); });
    if (command == kCommands.end()) {
        return unknown_command(name.text());
    }
    NET_TRY(judge(*command, arguments));
    return std::optional<qapi::Netdev>();
}

}  // namespace net::cli
