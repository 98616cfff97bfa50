// SPDX-License-Identifier: MIT
#include "qapi/control_commands.h"

#include <memory>
#include <utility>

#include "net/monitor/commands/commands.h"
#include "net/monitor/commands/monitor_service.h"
#include "qapi/control_tables.h"
#include "qapi/introspect.h"
#include "qapi/introspect_commands.h"

namespace qnetdev {
namespace {

namespace commands = qapi::commands;

std::vector<qapi::CommandInfo> list_commands(const CommandTable& table) {
    std::vector<qapi::CommandInfo> list;
    for (const std::string_view name : table.names()) {
        list.push_back({std::string(name)});
    }
    return list;
}

/// Answered when the line is done, which may take as long as a script.
void human_monitor_command(MonitorService& service,
                           const qapi::HumanMonitorCommandArguments& arguments, Call call) {
    if (arguments.cpu_index.has_value()) {
        return call.fail(Error("'cpu-index' names no processor: there are none")
                             .with_stage(Stage::validate)
                             .with_param("cpu-index")
                             .with_hint("leave it out"));
    }
    const std::shared_ptr<FdClient> client = call.caller();
    // Shared, because a std::function must be copyable.
    auto pending = std::make_shared<Call>(std::move(call));
    service.human_table().execute(
        arguments.command_line,
        HmpCall(client, [pending](const HumanOutput& output) { pending->reply(output.text); }));
}

}  // namespace

void add_control_commands(CommandTable& table, MonitorService& service) {
    table.add<commands::QmpCapabilities>(
        [](qapi::QmpCapabilitiesArguments arguments, Call& call) -> Result<void> {
            const std::shared_ptr<Caller> caller = call.caller();
            return caller->negotiate(arguments.enable.value_or(std::vector<qapi::QMPCapability>()));
        });
    table.add<commands::QueryVersion>(
        [&service](qapi::Empty) -> Result<qapi::VersionInfo> { return service.version(); });
    table.add<commands::QueryCommands>([&service](qapi::Empty) {
        return Result<std::vector<qapi::CommandInfo>>(list_commands(service.commands()));
    });
    table.add<commands::QueryName>([&service](qapi::Empty) -> Result<qapi::NameInfo> {
        const std::string& name = service.options().name;
        return name.empty() ? qapi::NameInfo{} : qapi::NameInfo{.name = name};
    });
    table.add<commands::HumanMonitorCommand>(
        [&service](const qapi::HumanMonitorCommandArguments& arguments, Call call) {
            human_monitor_command(service, arguments, std::move(call));
        });
    table.add<commands::QueryQmpSchema>([](qapi::Empty) -> Result<qapi::Any> {
        return qapi::Any{std::string(qapi::kIntrospection)};
    });
}

}  // namespace qnetdev
