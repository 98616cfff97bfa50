// SPDX-License-Identifier: MIT
#pragma once

#include "net/bridge_helper/refusal.h"

namespace qnetdev::helper {

/// Descriptors 0 to 2 are open afterwards: what was closed is /dev/null, so that nothing we open
/// takes the place of standard error. The very first thing to do. False: not even that works.
[[nodiscard]] bool open_standard_descriptors();

/// What a process inherits besides descriptors, as it should have been: signals at their defaults
/// and unblocked (except those of a write that nobody reads), umask 077, no environment, the soft
/// limit on descriptors raised to the hard one, no timer.
void reset_inherited_state();

/// Checks that `fd` is a connected UNIX stream socket.
[[nodiscard]] bool check_socket(int fd, Refusal& why);

/// Whether the parent has asked on the socket for the reason of a refusal.
bool parent_wants_reasons(int fd);

/// Closes everything but 0, 1, 2 and `keep` (-1: nothing more).
[[nodiscard]] bool close_other_descriptors(int keep, Refusal& why);

}  // namespace qnetdev::helper
