// SPDX-License-Identifier: MIT
#include "qapi/net_commands.h"

#include <utility>

#include "net/monitor/commands/commands.h"
#include "net/monitor/commands/monitor_service.h"
#include "net/monitor/commands/query_rx_filter.h"
#include "net/netdev.h"
#include "net/options.h"
#include "qapi/net_tables.h"

namespace qnetdev {
namespace {

namespace commands = qapi::commands;

void netdev_add(MonitorService& service, qapi::Netdev netdev, Call call) {
    const Result<void> id = check_id(netdev.id);
    if (!id) {
        return call.fail(id.error());
    }
    const NetInitOptions options{.origin = NetdevOrigin::monitor,
                                 .fds = &call.caller()->named_fds()};
    // Shared, because a std::function must be copyable.
    auto pending = std::make_shared<Call>(std::move(call));
    service.bring_up(std::move(netdev), options, [pending](const Result<void>& outcome) {
        outcome ? pending->reply(qapi::Empty{}) : pending->fail(outcome.error());
    });
}

}  // namespace

void add_net_commands(CommandTable& table, MonitorService& service) {
    NetContext& context = service.context();
    table.add<commands::NetdevAdd>([&service](qapi::Netdev netdev, Call call) {
        netdev_add(service, std::move(netdev), std::move(call));
    });
    table.add<commands::NetdevDel>([&context](qapi::NetdevDelArguments arguments) {
        return net_client_del(context, arguments.id);
    });
    table.add<commands::SetLink>([&context](qapi::SetLinkArguments arguments) {
        return net_set_link(context, arguments.name, arguments.up);
    });
    table.add<commands::QueryRxFilter>([&context](qapi::QueryRxFilterArguments arguments) {
        return query_rx_filter(context.registry(), arguments.name);
    });
    table.add<commands::AnnounceSelf>([&service](qapi::AnnounceParameters arguments) {
        return service.announcer().start(std::move(arguments));
    });
}

}  // namespace qnetdev
