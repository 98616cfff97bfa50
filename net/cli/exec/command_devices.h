// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "net/cli/command.h"
#include "net/result.h"

/// The cards in somebody else's command line, beside the netdevs that they are for. Pure.
namespace qnetdev::cli {

/// A -device that the command's netdevs do not go with. QEMU finds out late, or never.
struct DeviceWarning {
    std::string text;  ///< The option's argument.
    Error problem;     ///< Its hint has the option as it should be.
};

/// A `netdev=` that the command does not have; for a netdev of several queues, a virtio-net card
/// without mq=on, or with too few vectors. In the order of the command, whose first word is the
/// program.
std::vector<DeviceWarning> check_devices(Words command);

}  // namespace qnetdev::cli
