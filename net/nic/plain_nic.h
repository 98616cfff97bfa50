// SPDX-License-Identifier: MIT
#pragma once

#include "net/nic/nic.h"

namespace qnetdev {

/// What is behind a plain card: the guest's side of it.
class PlainNicGuest {
public:
    PlainNicGuest() = default;
    PlainNicGuest(const PlainNicGuest&) = delete;
    PlainNicGuest& operator=(const PlainNicGuest&) = delete;
    virtual ~PlainNicGuest() = default;

    /// Whether the guest has room for a frame. When it has again, PlainNic::flush().
    virtual bool can_receive() const = 0;
    virtual void receive(Frame frame) = 0;
    /// What send() said was too much can go on.
    virtual void on_ready() {}
    virtual void on_link(bool /*up*/) {}
};

/// A card that knows nothing of headers, offloads and queues, as an rtl8139 or e1000.
///
/// It has a queue for each of its netdev's, because it takes that as a whole: it receives from all
/// and sends through the first.
class PlainNic final : public Nic {
public:
    /// `guest` must outlive it.
    PlainNic(NicIdentity identity, unsigned queues, PlainNicGuest& guest);

    /// `busy`: stop until PlainNicGuest::on_ready(). The frame is taken all the same.
    Delivery send(Frame frame) { return client(0).send(frame); }
    /// The guest has room again.
    void flush();

private:
    class Queue;

    PlainNicGuest& guest_;
};

}  // namespace qnetdev
