// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/api.h"
#include "net/net_client.h"
#include "net/result.h"

namespace qnetdev {

/// What a netdev was made of, for queries.
struct NetdevDescription {
    std::string type = {};     ///< "tap", "bridge", …
    std::string options = {};  ///< An object as netdev_add takes it: JSON.
};

/// One id and its 1…N queue clients: what netdev_del, set_link and hand-over act on.
///
/// A backend derives from it to keep what belongs to the netdev and not to a queue. Its destructor
/// undoes what it set up; it must not block. A NIC needs no class of its own (net_nic_create()).
class QNETDEV_API NetClientGroup {
public:
    enum class Kind {
        netdev,    ///< Made by -netdev or netdev_add; can be deleted by id.
        hub_port,  ///< Made by -net; lives and dies with the process.
        nic,       ///< A device; its name space is apart from the backends'.
    };

    NetClientGroup(std::string id, Kind kind);
    NetClientGroup(const NetClientGroup&) = delete;
    NetClientGroup& operator=(const NetClientGroup&) = delete;
    virtual ~NetClientGroup();

    const std::string& id() const { return id_; }
    Kind kind() const { return kind_; }
    std::size_t size() const { return clients_.size(); }
    /// `queue` must be less than size().
    NetClientState& client(std::size_t queue) {
        assert(queue < clients_.size());
        return *clients_[queue];
    }
    const NetClientState& client(std::size_t queue) const {
        assert(queue < clients_.size());
        return *clients_[queue];
    }

    /// The interface of the host that the netdev is, by its name; empty if it is none.
    virtual std::string_view interface_name() const { return {}; }

    const NetdevDescription& description() const { return description_; }
    void set_description(NetdevDescription description) { description_ = std::move(description); }

    /// Appends a queue and returns it; the group owns it.
    NetClientState& add(std::unique_ptr<NetClientState> client);

    /// The last step that can fail, on the loop's thread: starts watching descriptors.
    virtual Result<void> activate() { return {}; }
    /// The group has become part of a context. Until then, destruction means "undo everything".
    virtual void on_commit() {}

private:
    friend class NetClientRegistry;

    std::string id_;
    Kind kind_;
    NetdevDescription description_ = {};
    std::vector<std::unique_ptr<NetClientState>> clients_ = {};
};

/// All groups of one context: by id in O(1), and in order of creation.
///
/// No operation on one group looks at the others.
class QNETDEV_API NetClientRegistry {
public:
    using Groups = std::list<std::unique_ptr<NetClientGroup>>;

    NetClientRegistry() = default;
    NetClientRegistry(const NetClientRegistry&) = delete;
    NetClientRegistry& operator=(const NetClientRegistry&) = delete;

    /// Null if there is none. net_client_find() says so in an error.
    NetClientGroup* find_backend(std::string_view id) const;
    NetClientGroup* find_nic(std::string_view id) const;

    /// Takes the group; the id must be free among its kind (asserted: callers report it nicer).
    NetClientGroup& insert(std::unique_ptr<NetClientGroup> group);
    /// Takes the group out and hands it over. Its clients lose their peers.
    std::unique_ptr<NetClientGroup> remove(NetClientGroup& group);

    /// Pairs queue i of the NIC with queue i of the backend and numbers both.
    ///
    /// Fails without effect if a queue of the backend has a peer already, or if the NIC has more
    /// queues than the backend.
    Result<void> attach(NetClientGroup& nic, NetClientGroup& backend);

    /// Sets link_down of every queue of that name and, if a NIC is attached, of the NIC too;
    /// notifies once. False if there is no such name.
    bool set_link(std::string_view name, bool up);

    const Groups& groups() const { return groups_; }

private:
    using Index = std::unordered_map<std::string_view, Groups::iterator>;

    Index& index_of(const NetClientGroup& group) {
        return group.kind() == NetClientGroup::Kind::nic ? nics_ : backends_;
    }

    Groups groups_ = {};
    Index backends_ = {};
    Index nics_ = {};
};

}  // namespace qnetdev
