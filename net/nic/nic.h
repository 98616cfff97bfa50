// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/net_client_group.h"
#include "net/nic/receive_filter.h"

namespace qnetdev {

class NetContext;

/// What a card is called.
struct NicIdentity {
    /// Empty: the card has none. Its queues are then called "<model>.<number>", each by its own.
    std::string id = {};
    std::string model = {};
    MacAddress mac = {};
    unsigned first_number =
        0;  ///< Without id: of queue 0. Whoever adds the card to a context says.
};

/// A network card of a model that we know: its queues, and what monitors ask of it.
class Nic : public NetClientGroup {
public:
    explicit Nic(NicIdentity identity);

    const std::string& model() const { return model_; }
    /// The address that it has now: the guest may have changed it.
    const MacAddress& mac() const { return mac_; }
    /// The address that it was made with, and has again after a reset.
    const MacAddress& permanent_mac() const { return permanent_mac_; }
    /// What queues are called, the id where there is one.
    std::string queue_name(unsigned queue) const;

    /// Whether the netdev can do what the guest has been promised so far.
    virtual Result<void> check_netdev(NetClientGroup& /*netdev*/) const { return {}; }
    /// It has been paired with a netdev that passed the check.
    virtual void on_attached() {}

    /// What it receives; nothing if it keeps no filter. Whoever asks is told of the next change.
    virtual std::optional<ReceiveFilterDescription> query_receive_filter() { return {}; }

    /// Called when the guest has changed the filter, once until that is queried.
    void set_filter_listener(std::function<void(Nic&)> listener) {
        filter_listener_ = std::move(listener);
    }

protected:
    void set_mac(const MacAddress& mac) { mac_ = mac; }
    void tell_filter_changed() {
        if (filter_listener_) {
            filter_listener_(*this);
        }
    }

private:
    std::string model_;
    MacAddress permanent_mac_;
    MacAddress mac_;
    std::optional<unsigned> first_number_;
    std::function<void(Nic&)> filter_listener_ = {};
};

/// A queue of such a card, as `info network` shows it: only the first says what it belongs to.
class NicQueue : public NetClientState {
public:
    NicQueue(const Nic& card, unsigned index)
        : NetClientState(card.queue_name(index), card.model()), card_(card), index_(index) {}

    std::string_view driver() const override { return "nic"; }
    unsigned index() const { return index_; }

protected:
    std::string info_text() const override;

private:
    const Nic& card_;
    unsigned index_;
};

/// Makes a card of that identity, with so many queues.
using MakeNic = std::function<std::unique_ptr<Nic>(NicIdentity identity, unsigned queues)>;

/// Adds a card to the context that takes a netdev as a whole, with a queue for each of its queues.
/// Fails without effect if there is no such netdev, if another card has it, or if it has more
/// queues than `most_queues`.
Result<Nic*> nic_attach(NetContext& context, NicIdentity identity, std::string_view netdev_id,
                        unsigned most_queues, const MakeNic& make);

/// Adds a card of one queue without a netdev.
Result<Nic*> nic_add(NetContext& context, NicIdentity identity, const MakeNic& make);

/// Gives a card whose netdev was deleted another one, which needs as many queues and has to be able
/// to do what the guest was promised. The link comes up. Fails without effect.
Result<void> nic_change_netdev(NetContext& context, Nic& nic, std::string_view netdev_id);

}  // namespace qnetdev
