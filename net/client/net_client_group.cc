// SPDX-License-Identifier: MIT
#include "net/net_client_group.h"

#include <cassert>
#include <iterator>
#include <utility>
#include <vector>

namespace qnetdev {

NetClientGroup::NetClientGroup(std::string id, Kind kind) : id_(std::move(id)), kind_(kind) {}

NetClientGroup::~NetClientGroup() = default;

NetClientState& NetClientGroup::add(std::unique_ptr<NetClientState> client) {
    assert(client != nullptr);
    return *clients_.emplace_back(std::move(client));
}

NetClientGroup* NetClientRegistry::find_backend(std::string_view id) const {
    const auto found = backends_.find(id);
    return found == backends_.end() ? nullptr : found->second->get();
}

NetClientGroup* NetClientRegistry::find_nic(std::string_view id) const {
    const auto found = nics_.find(id);
    return found == nics_.end() ? nullptr : found->second->get();
}

NetClientGroup& NetClientRegistry::insert(std::unique_ptr<NetClientGroup> group) {
    assert(group != nullptr);
    groups_.push_back(std::move(group));
    NetClientGroup& inserted = *groups_.back();
    const bool is_new = index_of(inserted).emplace(inserted.id(), std::prev(groups_.end())).second;
    assert(is_new);
    (void)is_new;
    return inserted;
}

std::unique_ptr<NetClientGroup> NetClientRegistry::remove(NetClientGroup& group) {
    Index& index = index_of(group);
    const auto found = index.find(group.id());
    assert(found != index.end() && found->second->get() == &group);
    std::unique_ptr<NetClientGroup> taken = std::move(*found->second);
    groups_.erase(found->second);
    index.erase(found);

    // Only a backend's end takes the link down: a NIC's backend can be taken by another NIC.
    const bool is_backend = taken->kind() != NetClientGroup::Kind::nic;
    std::vector<NetClientState*> peers;
    for (const auto& client : taken->clients_) {
        if (NetClientState* peer = std::exchange(client->peer_, nullptr)) {
            peer->peer_ = nullptr;
            peer->link_down_ = peer->link_down_ || is_backend;
            peers.push_back(peer);
        }
        client->purge_incoming();
    }
    if (is_backend && !peers.empty()) {
        peers.front()->on_link_changed();
    }
    for (NetClientState* peer : peers) {
        if (!is_backend) {
            peer->on_nic_gone();
        }
        peer->on_peer_ready();  // what it waited for is gone: it sends into the void, or stops
    }
    return taken;
}

Result<void> NetClientRegistry::attach(NetClientGroup& nic, NetClientGroup& backend) {
    if (nic.size() > backend.size()) {
        return Error("NIC '" + nic.id() + "' has " + std::to_string(nic.size()) +
                     " queues, but netdev '" + backend.id() + "' has only " +
                     std::to_string(backend.size()))
            .with_stage(Stage::validate)
            .with_param("netdev");
    }
    for (const auto& client : backend.clients_) {
        if (client->peer_ != nullptr) {
            return Error("netdev '" + backend.id() + "' is in use by '" + client->peer_->name() +
                         "'")
                .with_stage(Stage::validate)
                .with_param("netdev");
        }
    }
    for (std::size_t queue = 0; queue < backend.size(); ++queue) {
        NetClientState& client = *backend.clients_[queue];
        client.queue_index_ = static_cast<unsigned>(queue);
        if (queue < nic.size()) {
            NetClientState& peer = *nic.clients_[queue];
            peer.queue_index_ = static_cast<unsigned>(queue);
            client.peer_ = &peer;
            peer.peer_ = &client;
        }
    }
    return {};
}

bool NetClientRegistry::set_link(std::string_view name, bool up) {
    bool found = false;
    for (NetClientGroup* group : {find_backend(name), find_nic(name)}) {
        if (group == nullptr) {
            continue;
        }
        found = true;
        NetClientState* notified = nullptr;
        for (const auto& client : group->clients_) {
            client->link_down_ = !up;
            // The link of a NIC follows its backend's, but not the other way round.
            if (group->kind() != NetClientGroup::Kind::nic && client->peer_ != nullptr) {
                client->peer_->link_down_ = !up;
            }
        }
        if (group->kind() == NetClientGroup::Kind::nic) {
            notified = group->size() > 0 ? group->clients_.front().get() : nullptr;
        } else if (group->size() > 0) {
            notified = group->clients_.front()->peer_;
        }
        if (notified != nullptr) {
            notified->on_link_changed();
        }
    }
    return found;
}

}  // namespace qnetdev
