// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "net/net_client.h"

namespace qnetdev {

/// Frames held back for a client that could not take them, at most limits::kQueuedPackets.
class PacketQueue {
public:
    bool empty() const { return packets_.empty(); }
    /// Copies the frame; false if the queue is full, and the frame is lost.
    bool append(Frame frame);
    std::vector<std::byte> take_front();
    /// Undoes take_front(), whatever has been appended meanwhile.
    void put_back(std::vector<std::byte> packet) { packets_.push_front(std::move(packet)); }
    void clear() { packets_.clear(); }

private:
    std::deque<std::vector<std::byte>> packets_ = {};
};

}  // namespace qnetdev
