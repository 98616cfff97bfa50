// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "net/net_client_group.h"
#include "net/nic/receive_filter.h"

namespace qnetdev {

/// A network card of a model that we know: its queues, and what monitors ask of it.
class Nic : public NetClientGroup {
public:
    Nic(std::string id, std::string model, MacAddress mac)
        : NetClientGroup(std::move(id), Kind::nic), model_(std::move(model)), mac_(mac) {}

    const std::string& model() const { return model_; }
    /// The address that it has now: the guest may have changed it.
    const MacAddress& mac() const { return mac_; }

    /// It has been paired with a netdev, for the first time or with another one than before. Fails
    /// if that one cannot do what the guest has been promised; the card is then as without netdev.
    virtual Result<void> on_attached() { return {}; }

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
    MacAddress mac_;
    std::function<void(Nic&)> filter_listener_ = {};
};

}  // namespace qnetdev
