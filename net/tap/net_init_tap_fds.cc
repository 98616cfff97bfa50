// SPDX-License-Identifier: MIT
#include "net/tap/fd_list.h"
#include "net/tap/pipeline.h"

namespace net {

Result<void> net_init_tap_fds(TapBuild& build) {
    const std::vector<std::string_view> fds = split_fd_list(*build.tap->fds);
    const std::string vhost_list = build.tap->vhostfds.value_or("");
    const std::vector<std::string_view> vhostfds = split_fd_list(vhost_list);
    // All names before any is taken: a name that is missing must not cost the others theirs.
    for (const std::string_view name : fds) {
        if (build.fds != nullptr && !is_fd_number(name) && !build.fds->contains(name)) {
            return std::move(build.fds->take(name)).error().with_prefix("fds").with_param("fds");
        }
    }
    for (std::size_t queue = 0; queue < fds.size(); ++queue) {
        const std::string_view vhostfd = vhostfds.empty() ? std::string_view() : vhostfds[queue];
        NET_TRY(net_tap_from_monitor_fd(build, "fds", fds[queue], vhostfd));
    }
    return {};
}

}  // namespace net
