// SPDX-License-Identifier: MIT
#include "net/client/packet_queue.h"

#include "net/base/limits.h"

namespace net {

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

}  // namespace net
