// SPDX-License-Identifier: MIT
#include <utility>
#include <variant>

#include "net/tap/pipeline.h"

namespace qnetdev {
namespace {

/// One overload for each source that a plan can have.
struct TakeQueues {
    TapBuild& build;

    Result<void> operator()(const PassedFds& passed) const {
        return passed.fds.size() == 1
                   ? net_tap_from_monitor_fd(build, passed.option, passed.fds.front())
                   : net_init_tap_fds(build, passed);
    }
    Result<void> operator()(const FromHelper& source) const {
        return net_init_bridge(build, source);
    }
    Result<void> operator()(const ByName& source) const { return net_tap_open(build, source); }
};

}  // namespace

PlanWait tap_wait(const NetdevPlan& netdev) {
    return tap_plan(netdev)->wait;
}

Result<std::unique_ptr<NetClientGroup>> net_init_tap(NetContext& context, const NetdevPlan& netdev,
                                                     FdStore* fds) {
    const auto& plan = std::get<TapPlan>(netdev.backend);
    auto group = std::make_unique<TapGroup>(context, netdev, plan.source);
    TapBuild build{.context = context, .group = *group, .plan = plan, .fds = fds};
    NET_TRY(net_tap_open_vhost(build));
    NET_TRY(std::visit(TakeQueues{build}, plan.source));
    return std::unique_ptr<NetClientGroup>(std::move(group));
}

}  // namespace qnetdev
