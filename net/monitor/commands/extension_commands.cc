// SPDX-License-Identifier: MIT
#include <utility>

#include "net/client/net_context_internals.h"
#include "net/monitor/commands/commands.h"
#include "net/monitor/commands/describe_netdev.h"
#include "net/monitor/commands/monitor_service.h"
#include "net/netdev.h"
#include "net/options.h"
#include "qapi/extensions_commands.h"
#include "qapi/extensions_tables.h"
#include "qapi/net_tables.h"

namespace qnetdev {
namespace {

namespace commands = qapi::commands;

Result<std::vector<qapi::NetdevInfo>> query_netdev(const NetContext& context,
                                                   const std::optional<std::string>& id) {
    const NetContextInternals::Starting& all_starting = context.internals().starting();
    std::vector<qapi::NetdevInfo> list;
    if (!id.has_value()) {
        for (const auto& group : context.registry().groups()) {
            if (group->kind() != NetClientGroup::Kind::nic) {
                list.push_back(describe_netdev(*group));
            }
        }
        for (const auto& [starting_id, description] : all_starting) {
            list.push_back(describe_starting(starting_id, description));
        }
        return list;
    }
    if (const NetClientGroup* group = context.registry().find_backend(*id)) {
        list.push_back(describe_netdev(*group));
    } else if (const auto found = all_starting.find(*id); found != all_starting.end()) {
        list.push_back(describe_starting(found->first, found->second));
    } else {
        return Error("no netdev '" + *id + "'", ErrorClass::device_not_found)
            .with_stage(Stage::validate)
            .with_param("id");
    }
    return list;
}

qapi::NetdevCheckResult netdev_check(const qapi::Netdev& netdev) {
    qapi::NetdevCheckResult result;
    if (const Result<void> id = check_id(netdev.id); !id) {
        result.findings.push_back(describe_finding(id.error()));
    }
    for (const Error& error : net_validate(netdev, NetdevOrigin::monitor)) {
        result.findings.push_back(describe_finding(error));
    }
    result.valid = result.findings.empty();
    return result;
}

}  // namespace

void add_extension_commands(CommandTable& table, MonitorService& service) {
    table.add<commands::QueryNetdev>([&service](qapi::QueryNetdevArguments arguments) {
        return query_netdev(service.context(), arguments.id);
    });
    table.add<commands::NetdevCheck>(
        [](const qapi::Netdev& netdev) -> Result<qapi::NetdevCheckResult> {
            return netdev_check(netdev);
        });
}

}  // namespace qnetdev
