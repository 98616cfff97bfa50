// SPDX-License-Identifier: MIT
#include "net/nic/nic.h"

#include <utility>

#include "net/net_context.h"

namespace qnetdev {
namespace {

std::string numbered(std::string_view model, unsigned number) {
    return std::string(model) + "." + std::to_string(number);
}

Error about_netdev(std::string message) {
    return Error(std::move(message)).with_stage(Stage::validate).with_param("netdev");
}

Result<NetClientGroup*> find_netdev(const NetClientRegistry& registry, std::string_view id) {
    NetClientGroup* netdev = registry.find_backend(id);
    if (netdev == nullptr) {
        return about_netdev("no netdev '" + std::string(id) + "'");
    }
    return netdev;
}

/// Queues of cards of that model; a card without id is called by that number, unless somebody has
/// chosen such a name.
unsigned next_number(const NetClientRegistry& registry, std::string_view model) {
    unsigned number = 0;
    for (const auto& group : registry.groups()) {
        for (std::size_t queue = 0; queue < group->size(); ++queue) {
            const bool same =
                group->kind() == NetClientGroup::Kind::nic && group->client(queue).model() == model;
            number += same ? 1 : 0;
        }
    }
    while (registry.find_nic(numbered(model, number)) != nullptr) {
        ++number;
    }
    return number;
}

/// Ready to be given to a card. Only a card without id costs a look at the others.
Result<NicIdentity> complete(const NetClientRegistry& registry, NicIdentity identity) {
    if (identity.id.empty()) {
        identity.first_number = next_number(registry, identity.model);
    } else if (registry.find_nic(identity.id) != nullptr) {
        return Error("'id' " + identity.id + " is in use by another card")
            .with_stage(Stage::validate)
            .with_param("id");
    }
    return identity;
}

}  // namespace

Nic::Nic(NicIdentity identity)
    : NetClientGroup(
          identity.id.empty() ? numbered(identity.model, identity.first_number) : identity.id,
          Kind::nic),
      model_(std::move(identity.model)),
      permanent_mac_(identity.mac),
      mac_(identity.mac),
      first_number_(identity.id.empty() ? std::optional(identity.first_number) : std::nullopt) {}

std::string Nic::queue_name(unsigned queue) const {
    return first_number_ ? numbered(model_, *first_number_ + queue) : id();
}

std::string NicQueue::info_text() const {
    if (index_ != 0) {
        return {};
    }
    return "model=" + card_.model() + ",macaddr=" + std::string(format_mac(card_.mac()).view());
}

Result<Nic*> nic_attach(NetContext& context, NicIdentity identity, std::string_view netdev_id,
                        unsigned most_queues, const MakeNic& make) {
    NetClientRegistry& registry = context.registry();
    NetClientGroup* netdev = NET_TRY(find_netdev(registry, netdev_id));
    if (netdev->size() > most_queues) {
        return about_netdev("netdev '" + netdev->id() + "' has " + std::to_string(netdev->size()) +
                            " queues, but a card of model '" + identity.model + "' has at most " +
                            std::to_string(most_queues));
    }
    NicIdentity whole = NET_TRY(complete(registry, std::move(identity)));
    std::unique_ptr<Nic> made = make(std::move(whole), static_cast<unsigned>(netdev->size()));
    NET_TRY(made->check_netdev(*netdev));
    NET_TRY(registry.attach(*made, *netdev));
    Nic& nic = *made;
    registry.insert(std::move(made));
    nic.on_attached();
    return &nic;
}

Result<Nic*> nic_add(NetContext& context, NicIdentity identity, const MakeNic& make) {
    NetClientRegistry& registry = context.registry();
    NicIdentity whole = NET_TRY(complete(registry, std::move(identity)));
    std::unique_ptr<Nic> made = make(std::move(whole), 1);
    Nic& nic = *made;
    registry.insert(std::move(made));
    return &nic;
}

Result<void> nic_change_netdev(NetContext& context, Nic& nic, std::string_view netdev_id) {
    NetClientRegistry& registry = context.registry();
    NetClientGroup* netdev = NET_TRY(find_netdev(registry, netdev_id));
    if (nic.client(0).peer() != nullptr) {
        return about_netdev("card '" + nic.id() + "' still has netdev '" +
                            nic.client(0).peer()->name() + "'");
    }
    if (netdev->size() != nic.size()) {
        return about_netdev("card '" + nic.id() + "' needs a netdev of " +
                            std::to_string(nic.size()) + " queues, but '" + netdev->id() +
                            "' has " + std::to_string(netdev->size()));
    }
    NET_TRY(nic.check_netdev(*netdev));
    NET_TRY(registry.attach(nic, *netdev));
    nic.on_attached();
    (void)registry.set_link(nic.id(), true);
    return {};
}

}  // namespace qnetdev
