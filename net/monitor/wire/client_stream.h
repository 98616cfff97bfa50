// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "net/event_loop.h"
#include "net/monitor/wire/transport.h"
#include "net/result.h"

namespace net {

/// The connection to a monitor's client on the loop: what is sent waits here until the kernel
/// takes it, and both directions are watched as far as there is something to do.
///
/// Never waits. Its owner looks at backlog() and decides how much is too much.
class ClientStream {
public:
    using OnReady = std::function<void(unsigned ready)>;

    ClientStream(EventLoop& loop, Transport transport)
        : loop_(loop), transport_(std::move(transport)) {}

    /// Starts watching. Once the peer can be read or written, or is gone, `on_ready` is called.
    Result<void> start(OnReady on_ready);
    /// Stops watching for good; sends nothing more.
    void stop();

    Transport& transport() { return transport_; }
    /// A regular file cannot be watched, and need not be: it can always be read.
    bool is_watched() const { return static_cast<bool>(input_watch_); }

    void append(std::string_view bytes);
    /// Gives the kernel what it takes now.
    void flush();
    /// Bytes that the kernel has not taken.
    std::size_t backlog() const { return output_.size() - sent_; }
    /// Watches for input if `reads`, and for room if there is a backlog.
    void watch(bool reads);
    /// The input has ended: where it is apart from the output, it is looked at no more.
    void end_input();

private:
    void watch_input(unsigned events);

    EventLoop& loop_;
    Transport transport_;
    std::string output_ = {};
    std::size_t sent_ = 0;  ///< Bytes of output_ that the kernel has.
    FdWatch input_watch_ = {};
    FdWatch output_watch_ = {};
    unsigned watched_ = fd_readable;
    bool deaf_ = false;  ///< The client takes no more.
};

}  // namespace net
