// SPDX-License-Identifier: MIT
#include <cstdint>
#include <string>

#include "net/validate/rules.h"

namespace qnetdev {
namespace {

constexpr std::int64_t kMostQueues = 1024;  // queues that a NIC can take

}  // namespace

std::vector<Error> validate_vhost_user(const qapi::NetdevVhostUserOptions& vhost) {
    const std::int64_t queues = vhost.queues.value_or(1);
    if (queues >= 1 && queues <= kMostQueues) {
        return {};
    }
    return {broken_rule("'queues' must be 1 to " + std::to_string(kMostQueues) + ", but is " +
                            std::to_string(queues),
                        "queues")};
}

std::vector<Error> validate_vhost_vdpa(const qapi::NetdevVhostVDPAOptions& vdpa,
                                       NetdevOrigin origin, std::vector<FdRef>& fds) {
    std::vector<Error> broken;
    if (!vdpa.vhostdev && !vdpa.vhostfd) {
        broken.push_back(broken_rule("'vhostdev' or 'vhostfd' must be given", "vhostdev")
                             .with_hint("the first device is vhostdev=/dev/vhost-vdpa-0"));
    }
    if (vdpa.vhostdev && vdpa.vhostfd) {
        broken.push_back(broken_rule("'vhostfd' cannot be used with 'vhostdev'", "vhostfd")
                             .with_hint("drop 'vhostdev', or drop 'vhostfd'"));
    }
    if (vdpa.vhostfd) {
        if (std::optional<FdRef> fd = read_fd("vhostfd", *vdpa.vhostfd, origin, broken)) {
            fds.push_back(*std::move(fd));
        }
    }
    return broken;
}

}  // namespace qnetdev
