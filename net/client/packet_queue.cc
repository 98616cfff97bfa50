// SPDX-License-Identifier: MIT
#include "net/client/packet_queue.h"

#include <cassert>

#include "net/base/limits.h"

namespace qnetdev {

bool PacketQueue::append(Frame frame) {
    if (packets_.size() >= limits::kQueuedPackets) {
        return false;
    }
    std::vector<std::byte> copy;
    for (const iovec& piece : frame) {
        const auto* bytes = static_cast<const std::byte*>(piece.iov_base);
        copy.insert(copy.end(), bytes, bytes + piece.iov_len);
    }
    packets_.push_back(std::move(copy));
    return true;
}

std::vector<std::byte> PacketQueue::take_front() {
    assert(!packets_.empty());
    std::vector<std::byte> packet = std::move(packets_.front());
    packets_.pop_front();
    return packet;
}

}  // namespace qnetdev
