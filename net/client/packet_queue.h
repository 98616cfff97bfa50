// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <vector>

#include "net/net_client.h"

namespace net {

/// Frames held back for a client that could not take them, at most limits::kQueuedPackets.
class PacketQueue {
public:
    bool empty() const { return packets_.empty(); }
    /// Copies the frame; false if the queue is full, and the frame is lost.
    bool append(Frame frame);
    const std::vector<std::byte>& front() const { return packets_.front(); }
    void pop() { packets_.pop_front(); }
    void clear() { packets_.clear(); }

private:
    std::deque<std::vector<std::byte>> packets_ = {};
};

}  // namespace net
