// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

namespace bench {

/// The least a C program can do to have a tap with that many queues that an event loop watches:
/// open, TUNSETIFF and EPOLL_CTL_ADD for each queue. With `settings`, also TUNSETSNDBUF and
/// TUNSETOFFLOAD for each, as QEMU does. Aborts on failure.
std::vector<int> open_tap(const char* ifname, unsigned queues, bool settings, int epoll_fd);

/// TUNSETQUEUE for each queue from `first` on, and nothing else. Aborts on failure.
void attach_queues(const std::vector<int>& fds, unsigned first, bool attach);

void close_all(const std::vector<int>& fds);

}  // namespace bench
