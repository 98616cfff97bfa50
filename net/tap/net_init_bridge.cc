// SPDX-License-Identifier: MIT
#include <variant>

#include "net/bridge/run_helper.h"
#include "net/tap/pipeline.h"

namespace net {

Result<void> net_init_bridge(TapBuild& build) {
    const TapGroup::Origin& origin = build.group.origin();
    const NetContextOptions& settings = build.context.options();
    const HelperRequest request{
        .helper = origin.source == TapSource::bridge && origin.helper.empty()
                      ? std::string_view(settings.default_helper)
                      : std::string_view(origin.helper),
        .bridge = origin.bridge,
        .timeout = settings.script_timeout,
        .cancel_fd = settings.cancel_fd};
    UniqueFd fd = NET_TRY(run_helper(request));
    Result<void> outcome =
        net_tap_fd_init_external(build, TapFd::owned(std::move(fd)),
                                 build.tap != nullptr ? build.tap->vhostfd.value_or("") : "");
    if (!outcome) {
        Error error =
            std::move(outcome).error().with_prefix("helper '" + std::string(request.helper) + "'");
        return error.param().empty() ? std::move(error).with_param("helper") : error;
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
