// SPDX-License-Identifier: MIT
#include "net/netdev.h"

#include <utility>

#include "net/client/net_context_internals.h"
#include "net/tap/tun_kernel.h"
#include "net/validate/validate.h"
#include "net/vhost/vhost_kernel.h"

namespace qnetdev {
namespace {

Error no_such_device(std::string_view what, std::string_view id, const char* param) {
    return Error("no " + std::string(what) + " '" + std::string(id) + "'",
                 ErrorClass::device_not_found)
        .with_stage(Stage::validate)
        .with_param(param);
}

/// A client's line and, behind one with a vhost-net device, a line about that.
void add_lines(const NetClientState& client, const char* indent, std::vector<std::string>* lines) {
    lines->push_back(indent + client.info_line());
    if (const std::optional<VhostDescription> vhost = client.describe_vhost()) {
        lines->push_back(std::string(indent) + "    vhost=on,vhostfd=" + std::to_string(vhost->fd) +
                         ",owner=" + std::to_string(vhost->owner) + ",features=" + vhost->features +
                         ",running=" + (vhost->running ? "on" : "off"));
    }
}

Result<void> check_is_nic(const NetClientGroup& group) {
    if (group.kind() != NetClientGroup::Kind::nic) {
        return Error("'" + group.id() + "' must be a card, but is a backend")
            .with_stage(Stage::validate)
            .with_param("id");
    }
    if (group.size() == 0) {
        return Error("card '" + group.id() + "' must have a queue, but has none")
            .with_stage(Stage::validate)
            .with_param("id");
    }
    return {};
}

}  // namespace

std::unique_ptr<NetContext> net_context_create(EventLoop& loop, NetContextOptions options) {
    return std::make_unique<NetContext>(
        internals_on(loop, system_tun_kernel(), std::move(options), &system_vhost_kernel()));
}

std::vector<Error> net_validate(const qapi::Netdev& netdev, NetdevOrigin origin) {
    return broken_rules(netdev, origin);
}

Result<NetClientGroup*> net_client_find(NetContext& context, std::string_view id) {
    NetClientGroup* group = context.registry().find_backend(id);
    if (group == nullptr) {
        return no_such_device("netdev", id, "id");
    }
    return group;
}

Result<void> net_client_del(NetContext& context, std::string_view id) {
    if (context.internals().starting().contains(std::string(id))) {
        return Error("netdev '" + std::string(id) + "' is still being set up")
            .with_stage(Stage::validate)
            .with_param("id")
            .with_hint("wait for the answer to its netdev_add");
    }
    NetClientGroup* group = NET_TRY(net_client_find(context, id));
    if (group->kind() != NetClientGroup::Kind::netdev) {
        return Error("'" + std::string(id) + "' was made by -net and cannot be deleted")
            .with_stage(Stage::validate)
            .with_param("id");
    }
    (void)context.registry().remove(*group);
    return {};
}

Result<void> net_set_link(NetContext& context, std::string_view name, bool up) {
    if (!context.registry().set_link(name, up)) {
        return no_such_device("netdev or card", name, "name");
    }
    return {};
}

std::unique_ptr<NetClientGroup> net_nic_create(std::string id, std::size_t queues,
                                               const MakeNicQueue& make) {
    auto nic = std::make_unique<NetClientGroup>(std::move(id), NetClientGroup::Kind::nic);
    for (std::size_t queue = 0; queue < queues; ++queue) {
        nic->add(make(queue));
    }
    return nic;
}

Result<NetClientGroup*> net_nic_attach(NetContext& context, std::unique_ptr<NetClientGroup> nic,
                                       std::string_view netdev_id) {
    NET_TRY(check_is_nic(*nic));
    NetClientGroup* backend = context.registry().find_backend(netdev_id);
    if (backend == nullptr) {
        return no_such_device("netdev", netdev_id, "netdev");
    }
    if (context.registry().find_nic(nic->id()) != nullptr) {
        return Error("'id' " + nic->id() + " is in use by another card")
            .with_stage(Stage::validate)
            .with_param("id");
    }
    NET_TRY(context.registry().attach(*nic, *backend));
    return &context.registry().insert(std::move(nic));
}

Result<void> net_nic_detach(NetContext& context, std::string_view nic_id) {
    NetClientGroup* nic = context.registry().find_nic(nic_id);
    if (nic == nullptr) {
        return no_such_device("card", nic_id, "id");
    }
    (void)context.registry().remove(*nic);
    return {};
}

std::vector<std::string> net_info(const NetContext& context) {
    std::vector<std::string> lines;
    for (const auto& group : context.registry().groups()) {
        const bool is_nic = group->kind() == NetClientGroup::Kind::nic;
        for (std::size_t queue = 0; queue < group->size(); ++queue) {
            const NetClientState& client = group->client(queue);
            if (is_nic || client.peer() == nullptr) {
                add_lines(client, "", &lines);
            }
            if (is_nic && client.peer() != nullptr) {
                add_lines(*client.peer(), " \\ ", &lines);
            }
        }
    }
    return lines;
}

}  // namespace qnetdev
