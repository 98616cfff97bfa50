// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

#include "net/base/socket_closer.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// Closes descriptors that strangers have sent, and connections that may still hold some.
///
/// How long the last close of a file takes is up to whoever made it: a socket can linger, a file
/// system can be a program. So they are closed on threads of their own, limits::kDisposerThreads at
/// most, and nobody waits for them: neither the removal of a netdev, nor the end of the program,
/// beyond limits::kDisposerGrace. Sockets are left to a SocketCloser, so that none of them can hold
/// a thread up. Whoever takes descriptors looks at is_full() first. Thread-safe.
class FdDisposer {
public:
    /// Without a closer, sockets are told not to linger, which what is in them can evade.
    explicit FdDisposer(std::shared_ptr<SocketCloser> closer = {});
    FdDisposer(const FdDisposer&) = delete;
    FdDisposer& operator=(const FdDisposer&) = delete;
    /// What is not closed after the grace is closed by threads that go on, or by the process's end.
    ~FdDisposer();

    /// Takes the descriptor and returns at once. If there is no thread and the kernel refuses one,
    /// it is closed on the spot. `account` is held until it is closed: its use count tells its
    /// owner how many of his wait.
    void dispose(UniqueFd fd, std::shared_ptr<const void> account = {});

    /// Descriptors that are not closed yet.
    std::size_t waiting() const;
    /// Whether limits::kDisposedFds wait. Nothing more should be taken from strangers.
    bool is_full() const;

private:
    struct State;

    std::shared_ptr<State> state_;
};

}  // namespace qnetdev
