// SPDX-License-Identifier: MIT
#include "qapi/control_commands.h"

#include "net/commands/commands.h"
#include "net/commands/monitor_service.h"
#include "qapi/control_tables.h"
#include "qapi/introspect.h"
#include "qapi/introspect_commands.h"

namespace net {
namespace {

namespace commands = qapi::commands;

std::vector<qapi::CommandInfo> list_commands(const CommandTable& table) {
    std::vector<qapi::CommandInfo> list;
    for (const std::string_view name : table.names()) {
        list.push_back({std::string(name)});
    }
    return list;
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
    table.add<commands::QueryQmpSchema>([](qapi::Empty) -> Result<qapi::Any> {
        return qapi::Any{std::string(qapi::kIntrospection)};
    });
}

}  // namespace net
