// SPDX-License-Identifier: MIT
#include "net/nic/plain_nic.h"

#include <array>
#include <memory>
#include <utility>

namespace qnetdev {

class PlainNic::Queue final : public NicQueue {
public:
    Queue(const PlainNic& card, unsigned index) : NicQueue(card, index), card_(card) {}

    bool can_receive() const override { return card_.guest_.can_receive(); }
    Delivery receive(Frame frame) override {
        card_.guest_.receive(frame);
        return Delivery::done;
    }
    void on_peer_ready() override {
        if (index() == 0) {
            card_.guest_.on_ready();
        }
    }
    void on_link_changed() override { card_.guest_.on_link(!link_down()); }
    void announce() override {
        auto bytes = announcement_frame(card_.mac());
        const iovec piece = {bytes.data(), bytes.size()};
        (void)NetClientState::send(Frame(&piece, 1));
    }

private:
    const PlainNic& card_;
};

PlainNic::PlainNic(NicIdentity identity, unsigned queues, PlainNicGuest& guest)
    : Nic(std::move(identity)), guest_(guest) {
    for (unsigned queue = 0; queue < queues; ++queue) {
        add(std::make_unique<Queue>(*this, queue));
    }
}

void PlainNic::flush() {
    for (std::size_t queue = 0; queue < size(); ++queue) {
        client(queue).flush_incoming();
    }
}

}  // namespace qnetdev
