// SPDX-License-Identifier: MIT
#include "net/queue_loop.h"

#include "net/base/limits.h"

namespace qnetdev {

std::span<std::byte> QueueLoop::frame_buffer() {
    frame_buffer_.resize(limits::kPacketBytes);
    return frame_buffer_;
}

}  // namespace qnetdev
