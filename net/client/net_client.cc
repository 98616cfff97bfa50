// SPDX-License-Identifier: MIT
#include "net/net_client.h"

#include "net/base/limits.h"
#include "net/client/packet_queue.h"

namespace qnetdev {

NetClientState::NetClientState(std::string name, std::string model)
    : name_(std::move(name)), model_(std::move(model)) {}

NetClientState::~NetClientState() {
    if (peer_ != nullptr) {
        peer_->peer_ = nullptr;
    }
}

std::string NetClientState::info_line() const {
    return name_ + ": index=" + std::to_string(queue_index_) + ",type=" + std::string(driver()) +
           "," + info_text().substr(0, limits::kInfoText);
}

Delivery NetClientState::receive(Frame) {
    return Delivery::done;
}

Delivery NetClientState::send(Frame frame) {
    if (peer_ == nullptr || link_down_ || peer_->link_down_) {
        return Delivery::done;
    }
    if ((peer_->incoming_ == nullptr || peer_->incoming_->empty()) &&
        peer_->offer(frame) == Delivery::done) {
        peer_->flush_incoming();  // what receive() made somebody send meanwhile
        return Delivery::done;
    }
    if (peer_->incoming_ == nullptr) {
        peer_->incoming_ = std::make_unique<PacketQueue>();
    }
    (void)peer_->incoming_->append(frame);
    return Delivery::busy;
}

Delivery NetClientState::offer(Frame frame) {
    // A client that sends while it receives must not meet its own answer half-way.
    if (delivering_ || !can_receive()) {
        return Delivery::busy;
    }
    delivering_ = true;
    const Delivery outcome = receive(frame);
    delivering_ = false;
    return outcome;
}

void NetClientState::flush_incoming() {
    if (incoming_ == nullptr || incoming_->empty()) {
        return;
    }
    while (!incoming_->empty()) {
        // Taken out first: receive() may purge the queue, or have it flushed again.
        std::vector<std::byte> packet = incoming_->take_front();
        const iovec piece = {packet.data(), packet.size()};
        if (!link_down_ && offer(Frame(&piece, 1)) == Delivery::busy) {
            incoming_->put_back(std::move(packet));
            return;
        }
    }
    if (peer_ != nullptr) {
        peer_->on_peer_ready();
    }
}

void NetClientState::purge_incoming() {
    if (incoming_ == nullptr || incoming_->empty()) {
        return;
    }
    incoming_->clear();
    if (peer_ != nullptr) {
        peer_->on_peer_ready();  // who waits for these frames to be sent would wait for ever
    }
}

}  // namespace qnetdev
