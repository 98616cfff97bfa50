// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "net/unique_fd.h"

namespace qnetdev {

/// Closes sockets that strangers have filled, so that none of them lingers.
///
/// A socket that nobody has read may hold descriptors, those may be sockets that hold more, and any
/// of them can be told to linger (SO_LINGER in socket(7)): its last close waits for as long as its
/// owner likes, and it can be told so again at any time. The kernel does not let a socket linger
/// whose last holder exits. So each is passed to a thread that has a table of descriptors of its
/// own, and nothing in it but that socket, and that ends there and then.
///
/// There is one such thread that waits for a socket. It starts its successor before it ends.
class SocketCloser {
public:
    /// Where the kernel has no such threads or refuses one, close() takes nothing.
    SocketCloser();
    SocketCloser(const SocketCloser&) = delete;
    SocketCloser& operator=(const SocketCloser&) = delete;

    /// Takes a socket and closes it. False, and the socket stays the caller's, if that cannot be
    /// done here. Waits for its turn, and while limits::kExitingThreads are held up in their end:
    /// not for a main loop. Thread-safe.
    bool close(UniqueFd& socket);

private:
    struct Chain;

    std::shared_ptr<Chain> chain_;
    UniqueFd entrance_ = {};  ///< Its end ends the thread.
};

}  // namespace qnetdev
