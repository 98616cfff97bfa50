// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include "net/unique_fd.h"

namespace qnetdev {

/// Reaps a child whenever it ends, so that one that cannot be killed becomes no lasting zombie.
///
/// A detached thread waits for it, without bound and for nothing else: it owns `pidfd` (may be
/// empty), uses nothing of anybody else's, and so may outlive whoever called this. If the kernel
/// has no thread for us, the child stays a zombie until this process ends.
void reap_later(pid_t pid, UniqueFd pidfd) noexcept;

}  // namespace qnetdev
