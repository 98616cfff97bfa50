// SPDX-License-Identifier: MIT
#include "net/event_loop.h"

namespace qnetdev {

EventLoop::~EventLoop() = default;

Result<FdWatch> FdWatch::create(EventLoop& loop, int fd, unsigned events,
                                EventLoop::FdCallback callback) {
    FdWatch watch;
    watch.token_ = NET_TRY(loop.add_fd(fd, events, std::move(callback)));
    watch.loop_ = &loop;
    return watch;
}

}  // namespace qnetdev
