// SPDX-License-Identifier: MIT
#pragma once

#include "net/result.h"

namespace net {

/// Makes the descriptor non-blocking and close-on-exec; tells whether it was blocking before.
Result<bool> set_nonblocking(int fd);

/// Makes the descriptor blocking again: undoes set_nonblocking() for a caller who gets it back.
void set_blocking(int fd) noexcept;

}  // namespace net
