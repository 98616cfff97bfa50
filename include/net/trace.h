// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "net/api.h"

namespace qnetdev {

/// Where every system call is shown that is made on taps and vhost-net, over rtnetlink and for
/// scripts and helpers: a line each, for people who look for the reason of a failure. Frames and
/// waiting are not shown. Off unless it was given a sink, and free of cost then.
///
/// A line is "ID/QUEUE CALL(ARGUMENTS) = RESULT (N us)": the netdev and its queue, "ID" alone if
/// all of the netdev is meant, "*" for several netdevs at once; the arguments by name; what the
/// kernel returned, -1 with the name of the errno or 0 with what it filled in; and how long that
/// took. It is printable ASCII, has no newline, and at most 504 bytes; "..." stands where something
/// was cut. It is for reading: calls and their order may differ in the next version.
///
/// Copies have the same sink. Contexts of one process can have one each, or share one.
class QNETDEV_API Trace {
public:
    /// Called from whichever thread makes the call, with one line at a time. It must not call back
    /// into the library, holds up what it is told of, and is needed until its contexts are gone.
    using Sink = std::function<void(std::string_view line)>;

    /// Shows nothing.
    Trace() = default;
    explicit Trace(Sink sink);

    /// Whether there is somebody to show a call to.
    explicit operator bool() const { return state_ != nullptr; }
    void write(std::string_view line) const;
    /// Nothing more is shown, by any copy. In a forked child it is safe to call, and the parent's
    /// lines go on.
    void stop() const;

private:
    struct State;
    std::shared_ptr<State> state_ = {};
};

/// Lines "trace: ..." of at most 512 bytes on standard error, each with one write. One that cannot
/// be written within 100 ms is lost, and so are those behind it until one can; they are counted.
QNETDEV_API Trace stderr_trace();

}  // namespace qnetdev
