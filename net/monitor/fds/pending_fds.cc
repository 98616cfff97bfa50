// SPDX-License-Identifier: MIT
#include "net/monitor/fds/pending_fds.h"

namespace qnetdev {

void PendingFds::replace(std::vector<UniqueFd> fds) {
    fds_.swap(fds);
    for (UniqueFd& fd : fds) {
        if (dispose_ && fd) {
            dispose_(std::move(fd));
        }
    }
}

UniqueFd PendingFds::take() {
    if (fds_.empty()) {
        return {};
    }
    UniqueFd first = std::move(fds_.front());
    replace({});
    return first;
}

}  // namespace qnetdev
