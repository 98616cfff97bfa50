// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "net/result.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// What one read of a UNIX socket gave.
struct FdMessage {
    std::size_t length = 0;  ///< Bytes of data. 0: the peer has closed its end.
    /// The kernel dropped descriptors (MSG_CTRUNC): this process may not open so many.
    bool truncated = false;
    std::vector<UniqueFd> fds = {};  ///< In their order, close-on-exec.
};

/// Receives what is there, without waiting: data, and the descriptors of at most one message.
///
/// Whatever arrives is owned by the result, so that nothing leaks however odd the message is. Fails
/// with EAGAIN if there is nothing to read. A stream socket joins the data of messages, but never
/// two with descriptors; a peer that sends them in several is received from several times.
///
/// There is no way to look first: with MSG_PEEK, Linux shows the descriptors of the message behind
/// one that has none.
Result<FdMessage> receive_fds(int socket, std::span<char> buffer);

}  // namespace qnetdev
