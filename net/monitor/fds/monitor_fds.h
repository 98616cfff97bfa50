// SPDX-License-Identifier: MIT
#pragma once

#include "net/fd_store.h"

namespace qnetdev {

/// The named descriptors of a monitor, whose clients may name by number only what the process was
/// started with.
///
/// All that this program opens or is sent is close-on-exec: its own sockets, members of descriptor
/// sets, descriptors that no command has taken yet, and the names of other monitors. A client that
/// guessed such a number would have it closed twice.
class MonitorFds : public NamedFds {
public:
    using NamedFds::NamedFds;

    bool owns(int fd) const override;
};

}  // namespace qnetdev
