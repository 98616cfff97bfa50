// SPDX-License-Identifier: MIT
#pragma once

#include "net/result.h"

namespace qnetdev {

/// How a descriptor was before set_nonblocking().
struct FdFlags {
    bool blocking = false;
    bool inheritable = false;  ///< Not close-on-exec.
};

/// Makes the descriptor non-blocking and close-on-exec; tells how it was. No effect on failure.
Result<FdFlags> set_nonblocking(int fd);

/// Undoes set_nonblocking(), for a caller who gets the descriptor back.
void restore_flags(int fd, FdFlags before) noexcept;

}  // namespace qnetdev
