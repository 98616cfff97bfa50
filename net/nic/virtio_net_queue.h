// SPDX-License-Identifier: MIT
#pragma once

#include "net/nic/virtio_net.h"

namespace qnetdev {

/// One pair of rings as a net client: what the backend's queue is paired with.
class VirtioNet::Queue final : public NicQueue {
public:
    Queue(VirtioNet& card, unsigned index) : NicQueue(card, index), card_(card) {}

    Delivery receive(Frame frame) override { return card_.receive(index(), frame); }
    bool can_receive() const override { return card_.can_receive(index()); }
    void on_peer_ready() override { card_.on_peer_ready(index()); }
    void on_link_changed() override { card_.on_link_changed(); }
    void announce() override { card_.announce(); }

private:
    VirtioNet& card_;
};

}  // namespace qnetdev
