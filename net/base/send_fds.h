// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string_view>

/// Sending descriptors over UNIX sockets (SCM_RIGHTS in unix(7)), for the library and for the
/// set-uid helper: no allocation, no C++ runtime. receive_fds.h is the other end.
namespace qnetdev {

/// Descriptors of one message: SCM_MAX_FD in the kernel's include/net/scm.h.
inline constexpr std::size_t kMaxFdsPerMessage = 253;

/// Sends data, at least one byte, and with it at most kMaxFdsPerMessage descriptors, which stay the
/// caller's; there may be none.
///
/// How many bytes were sent: a stream socket may take fewer, and the descriptors went with the
/// first. -1 with errno on failure, which without MSG_DONTWAIT in `flags` may take until there is
/// room; ETOOMANYREFS: more are under way than this process may open. Never raises SIGPIPE.
ssize_t send_with_fds(int socket, std::string_view data, std::span<const int> fds, int flags = 0);

/// Sends any number of descriptors in their order, in as many messages as that takes, each with
/// the byte `marker`. 0 or an errno; some may have been sent even so.
int send_fds(int socket, char marker, std::span<const int> fds, int flags = 0);

}  // namespace qnetdev
