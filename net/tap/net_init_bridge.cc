// SPDX-License-Identifier: MIT
#include <variant>

#include "net/bridge/run_helper.h"
#include "net/tap/pipeline.h"

namespace qnetdev {

Result<void> net_init_bridge(TapBuild& build, const FromHelper& source) {
    const NetContextOptions& settings = build.context.options();
    std::vector<UniqueFd> fds = NET_TRY(run_helper({.helper = source.command,
                                                    .bridge = source.bridge,
                                                    .queues = build.plan.queues,
                                                    .timeout = settings.script_timeout,

                                                    .cancel_fd = settings.cancel_fd,
                                                    .tracer = build.group.tracer()}));
    for (UniqueFd& fd : fds) {
        Result<void> outcome = net_tap_fd_init_external(build, std::move(fd));
        if (!outcome) {
            Error error = std::move(outcome).error().with_prefix("helper '" + source.command + "'");
            return error.param().empty() ? std::move(error).with_param("helper") : error;
        }
    }
    return {};
}

Result<std::unique_ptr<NetClientGroup>> net_init_bridge_netdev(NetContext& context,
                                                               const NetdevPlan& netdev,
                                                               FdStore* /*fds*/) {
    const TapPlan& plan = std::get<BridgePlan>(netdev.backend).tap;
    auto group = std::make_unique<TapGroup>(context, netdev, plan.source);
    TapBuild build{.context = context, .group = *group, .plan = plan};
    NET_TRY(net_init_bridge(build, std::get<FromHelper>(plan.source)));
    return std::unique_ptr<NetClientGroup>(std::move(group));
}

}  // namespace qnetdev
