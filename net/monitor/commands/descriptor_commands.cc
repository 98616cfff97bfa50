// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <utility>

#include "net/monitor/commands/commands.h"
#include "net/monitor/commands/human_commands.h"
#include "net/monitor/commands/monitor_service.h"
#include "qapi/descriptors_commands.h"
#include "qapi/descriptors_tables.h"

namespace qnetdev {
namespace {

namespace commands = qapi::commands;

/// The descriptor sent along with a command, blocking as its new owners expect it.
Result<UniqueFd> claim_fd(FdClient& client) {
    UniqueFd fd = client.take_fd();
    if (!fd) {
        return Error("no descriptor was sent along")
            .with_hint("send it in the same message as the command, as SCM_RIGHTS");
    }
    const int flags = fcntl(fd.get(), F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) != 0) {
        (void)fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK);
    }
    return fd;
}

std::vector<qapi::FdsetInfo> list_sets(const FdSets& sets) {
    std::vector<qapi::FdsetInfo> list;
    for (auto set = sets.sets().rbegin(); set != sets.sets().rend(); ++set) {
        qapi::FdsetInfo info{.fdset_id = set->first};
        for (const FdSets::Member& member : set->second) {
            info.fds.push_back({.fd = member.fd.get(), .opaque = member.opaque});
        }
        list.push_back(std::move(info));
    }
    return list;
}

}  // namespace

Result<void> name_fd(FdClient& client, std::string_view name) {
    UniqueFd fd = NET_TRY(claim_fd(client));
    return client.named_fds().add(name, std::move(fd));
}

void add_descriptor_commands(CommandTable& table, MonitorService& service) {
    table.add<commands::Getfd>([](qapi::GetfdArguments arguments, Call& call) {
        return name_fd(*call.caller(), arguments.fdname);
    });
    table.add<commands::Closefd>([](qapi::ClosefdArguments arguments, Call& call) {
        return call.caller()->named_fds().close(arguments.fdname);
    });
    table.add<commands::AddFd>(
        [&service](qapi::AddFdArguments arguments, Call& call) -> Result<qapi::AddfdInfo> {
            UniqueFd fd = NET_TRY(claim_fd(*call.caller()));
            const FdSets::Place place = NET_TRY(service.fd_sets().add(
                arguments.fdset_id, std::move(arguments.opaque), std::move(fd)));
            return qapi::AddfdInfo{.fdset_id = place.set, .fd = place.fd};
        });
    table.add<commands::RemoveFd>([&service](qapi::RemoveFdArguments arguments) {
        return service.fd_sets().remove(arguments.fdset_id, arguments.fd);
    });
    table.add<commands::QueryFdsets>([&service](qapi::Empty) {
        return Result<std::vector<qapi::FdsetInfo>>(list_sets(service.fd_sets()));
    });
}

}  // namespace qnetdev
