// SPDX-License-Identifier: MIT
#include <algorithm>
#include <variant>

#include "net/bridge/run_helper.h"
#include "net/tap/fd_list.h"
#include "net/tap/pipeline.h"

namespace net {

namespace {

HelperRequest make_request(const TapBuild& build) {
    const TapGroup::Origin& origin = build.group.origin();
    const NetContextOptions& settings = build.context.options();
    return {.helper = origin.source == TapSource::bridge && origin.helper.empty()
                          ? std::string_view(settings.default_helper)
                          : std::string_view(origin.helper),
            .bridge = origin.bridge,
            .queues = build.tap != nullptr ? build.tap->queues.value_or(1) : 1,
            .timeout = settings.script_timeout,
            .cancel_fd = settings.cancel_fd};
}

/// One entry for each queue; empty ones if no descriptor of vhost was given.
std::vector<std::string> vhostfds_of(const TapBuild& build, std::size_t queues) {
    std::vector<std::string> names(queues);
    if (build.tap == nullptr) {
        return names;
    }
    if (build.tap->vhostfds.has_value()) {
        const std::vector<std::string_view> given = split_fd_list(*build.tap->vhostfds);
        std::copy_n(given.begin(), std::min(queues, given.size()), names.begin());
    } else {
        names.front() = build.tap->vhostfd.value_or("");
    }
    return names;
}

}  // namespace

Result<void> net_init_bridge(TapBuild& build) {
    const HelperRequest request = make_request(build);
    std::vector<UniqueFd> fds = NET_TRY(run_helper(request));
    const std::vector<std::string> vhostfds = vhostfds_of(build, fds.size());
    for (std::size_t queue = 0; queue < fds.size(); ++queue) {
        Result<void> outcome =
            net_tap_fd_init_external(build, TapFd::owned(std::move(fds[queue])), vhostfds[queue]);
        if (!outcome) {
            Error error = std::move(outcome).error().with_prefix("helper '" +
                                                                 std::string(request.helper) + "'");
            return error.param().empty() ? std::move(error).with_param("helper") : error;
        }
    }
    return {};
}

Result<std::unique_ptr<NetClientGroup>> net_init_bridge_netdev(NetContext& context,
                                                               const qapi::Netdev& netdev,
                                                               const NetInitOptions& options) {
    const auto& bridge = std::get<qapi::NetdevBridgeOptions>(netdev.branch);
    const auto kind = options.origin == NetdevOrigin::net_option ? NetClientGroup::Kind::hub_port
                                                                 : NetClientGroup::Kind::netdev;
    auto group = std::make_unique<TapGroup>(context, netdev.id, kind,
                                            TapGroup::Origin{.source = TapSource::bridge,
                                                             .helper = bridge.helper.value_or(""),
                                                             .bridge = bridge.br.value_or("br0")});
    TapBuild build{.context = context, .group = *group};
    NET_TRY(net_init_bridge(build));
    return std::unique_ptr<NetClientGroup>(std::move(group));
}

}  // namespace net
