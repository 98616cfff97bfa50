// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "net/fd_store.h"
#include "net/unique_fd.h"

namespace qnetdev {

/// Descriptors that a monitor's client has sent along, and that no command has taken yet.
class PendingFds {
public:
    /// `dispose` gets what is not taken; see NamedFds. Empty: it is closed on the spot.
    explicit PendingFds(NamedFds::Dispose dispose) : dispose_(std::move(dispose)) {}
    PendingFds(const PendingFds&) = delete;
    PendingFds& operator=(const PendingFds&) = delete;
    ~PendingFds() { replace({}); }

    /// New ones have come: those before are closed.
    void replace(std::vector<UniqueFd> fds);
    /// The first, for one command; the others are closed. Empty if there is none.
    UniqueFd take();

private:
    NamedFds::Dispose dispose_;
    std::vector<UniqueFd> fds_ = {};
};

}  // namespace qnetdev
