// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/cli/exec/command_netdevs.h"
#include "net/result.h"

namespace qnetdev::cli {

/// Numbers under which a command finds the descriptors of one tap.
struct TapNumbers {
    std::vector<int> fds = {};
    std::vector<int> vhostfds = {};  ///< Empty, or one for each of `fds`.
};

/// "3:4:5", or with another separator.
std::string join_numbers(const std::vector<int>& numbers, std::string_view separator);

/// The request's argument with the descriptors in place of what was carried out already, in the
/// language and for the option that it was written for. What QEMU takes beside descriptors stays;
/// in text it stays to the letter.
Result<std::string> rewrite_tap_argument(const TapRequest& request, const TapNumbers& numbers);

/// With every comma written twice, as the value of an option.
std::string double_commas(std::string_view text);

/// The vectors that a virtio-net card on PCI needs for all queues.
unsigned virtio_net_vectors(unsigned queues);

/// The argument of the -device option that gives a guest all queues of a netdev:
/// "virtio-net-pci,netdev=ID,mq=on,vectors=2N+2", a vector for each queue's two rings and two more
/// for configuration and control.
std::string virtio_net_device(std::string_view netdev_id, unsigned queues);

}  // namespace qnetdev::cli
