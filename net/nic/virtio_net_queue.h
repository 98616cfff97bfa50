// SPDX-License-Identifier: MIT
#pragma once

#include "net/nic/virtio_net.h"

namespace qnetdev {

/// One pair of rings as a net client: what the backend's queue is paired with.
class VirtioNet::Queue final : public NetClientState {
public:
    Queue(VirtioNet& card, unsigned index)
        : NetClientState(card.id(), card.model()), card_(card), index_(index) {}

    std::string_view driver() const override { return "nic"; }
    Delivery receive(Frame frame) override { return card_.receive(index_, frame); }
    bool can_receive() const override { return card_.can_receive(index_); }
    void on_peer_ready() override { card_.on_peer_ready(index_); }
    void on_link_changed() override { card_.on_link_changed(); }
    void announce() override { card_.announce(); }

protected:
    std::string info_text() const override {
        return index_ == 0
                   ? "model=" + model() + ",macaddr=" + std::string(format_mac(card_.mac()).view())
                   : std::string();
    }

private:
    VirtioNet& card_;
    unsigned index_;
};

}  // namespace qnetdev
