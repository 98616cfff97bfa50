// SPDX-License-Identifier: MIT
#pragma once

#include "net/bridge_helper/refusal.h"

namespace qnetdev::helper {

/// From now on only the system calls that reading files, making a tap and answering need.
///
/// Others fail with EPERM: a C library that uses one more than today's then gets an error that it
/// can handle, while an attacker gets nowhere. A call of another architecture kills the process.
/// socket(2) makes netlink sockets only, openat(2) creates and truncates nothing (of openat2(2),
/// which includes need, a filter cannot see that), ioctl(2) knows what makes a tap and its owner,
/// and memory cannot be made executable. Needs no_new_privs.
[[nodiscard]] bool install_syscall_filter(Refusal& why);

}  // namespace qnetdev::helper
