// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "net/result.h"
#include "net/unique_fd.h"

namespace net {

/// One message received over a UNIX socket.
struct FdMessage {
    bool end_of_file = false;        ///< The peer has closed its end; no data.
    char data = 0;                   ///< The data byte.
    bool truncated = false;          ///< The kernel dropped descriptors that did not fit.
    std::vector<UniqueFd> fds = {};  ///< Close-on-exec.
};

/// Receives one data byte and up to 253 descriptors (the kernel's SCM_MAX_FD), without waiting.
///
/// Whatever arrives is owned by the result, so that nothing leaks however odd the message is.
/// Fails with EAGAIN if there is nothing to read.
Result<FdMessage> receive_fds(int socket);

/// Receives the text that is there, at most `limit` bytes, without waiting. Empty on any error.
std::string receive_text(int socket, std::size_t limit);

/// Sends one zero byte and the descriptors, which stay the caller's.
Result<void> send_fds(int socket, const std::vector<int>& fds);

}  // namespace net
