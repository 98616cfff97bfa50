// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "net/event_loop.h"
#include "net/monitor/wire/transport.h"
#include "net/result.h"

namespace qnetdev {

/// The connection to a monitor's client on the loop: what is sent waits here until the kernel
/// takes it, and both directions are watched as far as there is something to do.
///
/// Never waits. Its owner looks at backlog() and decides how much is too much.
class ClientStream {
public:
    using OnReady = std::function<void(unsigned ready)>;

    ClientStream(EventLoop& loop, Transport transport)
        : loop_(loop), transport_(std::move(transport)) {}

    /// Starts watching. Once the peer can be read or written, or is gone, `on_ready` is called. Two
    /// pipes are never reported as broken: the end of each is found by using it.
    Result<void> start(OnReady on_ready);
    /// Stops watching for good; sends nothing more.
    void stop();

    Transport& transport() { return transport_; }
    /// A regular file cannot be watched, and need not be: it can always be read.
    bool is_watched() const { return static_cast<bool>(input_watch_); }

    void append(std::string_view bytes);
    /// Gives the kernel what it takes now.
    void flush();
    /// Gives the kernel everything, if it takes it at once. Waits up to 5 s if input and output are
    /// two: whoever reads standard output may be slow.
    void drain();
    /// Whether somebody may still read what is sent, though the input has ended.
    bool can_outlive_input() const { return is_apart() && !deaf_; }
    /// Bytes that the kernel has not taken.
    std::size_t backlog() const { return output_.size() - sent_; }
    /// Watches for input if `reads`, and for room if there is a backlog.
    void watch(bool reads);
    /// The input has ended: where it is apart from the output, it is looked at no more.
    void end_input();

private:
    bool is_apart() const { return transport_.output() != transport_.input(); }
    void look_at_input(unsigned ready);
    void look_at_output(unsigned ready);
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

}  // namespace qnetdev
