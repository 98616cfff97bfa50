// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>

#include "net/result.h"

namespace qnetdev {

/// Whose the other end of a TCP connection is, if it is on this host, in the network namespace of
/// the connection: asked of the kernel by its exact addresses and ports (sock_diag(7)). Empty if it
/// is elsewhere: another host, or another namespace.
///
/// Fails if the other end is on this host and the kernel does not tell whose it is: its process has
/// closed it or is gone, its addresses are translated, or the kernel has no inet_diag. Never waits.
Result<std::optional<uid_t>> tcp_peer_uid(int socket);

}  // namespace qnetdev
