// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "net/api.h"

namespace qnetdev {

class EventLoop;

/// What the frames of some clients run on: an event loop and the room for one frame.
///
/// A client gets its queue loop when it is made, belongs to it for life, and watches its
/// descriptors there and nowhere else: so it need not know whether others run on another thread.
/// Used only on the thread of `loop`.
class QNETDEV_API QueueLoop {
public:
    /// `loop` must outlive it.
    explicit QueueLoop(EventLoop& loop) : loop_(loop) {}
    QueueLoop(const QueueLoop&) = delete;
    QueueLoop& operator=(const QueueLoop&) = delete;

    EventLoop& loop() { return loop_; }

    /// Room for the largest frame with its header, shared by all clients of the loop: what is in it
    /// is valid until the callback that filled it ends. Memory is taken when it is first asked for.
    std::span<std::byte> frame_buffer();

private:
    EventLoop& loop_;
    std::vector<std::byte> frame_buffer_ = {};
};

}  // namespace qnetdev
