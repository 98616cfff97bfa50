// SPDX-License-Identifier: MIT
#include <utility>
#include <variant>

#include "net/tap/pipeline.h"
#include "net/validate/validate.h"

namespace net {
namespace {

TapGroup::Origin describe_origin(const NetContext& context, const qapi::NetdevTapOptions& tap) {
    TapGroup::Origin origin;
    if (tap.fd.has_value() || tap.fds.has_value()) {
        origin.source = TapSource::fd;
    } else if (tap.helper.has_value()) {
        origin.source = TapSource::helper;
        origin.helper = *tap.helper;
        origin.bridge = tap.br.value_or("br0");
    } else {
        origin.source = TapSource::by_name;
        origin.bridge = tap.br.value_or("");
        // Joining the bridge is what the default scripts are there for.
        const bool joins = !origin.bridge.empty() && !tap.script.has_value();
        const NetContextOptions& settings = context.options();
        origin.script = tap.script.value_or(joins ? "no" : settings.default_script);
        origin.downscript = tap.downscript.value_or(joins ? "no" : settings.default_downscript);
    }
    return origin;
}

}  // namespace

Result<std::unique_ptr<NetClientGroup>> net_init_tap(NetContext& context,
                                                     const qapi::Netdev& netdev,
                                                     const NetInitOptions& options) {
    const auto& tap = std::get<qapi::NetdevTapOptions>(netdev.branch);
    std::vector<Error> broken = validate_netdev(netdev, options.origin).broken;
    if (!broken.empty()) {
        return std::move(broken.front());
    }
    const auto kind = options.origin == NetdevOrigin::net_option ? NetClientGroup::Kind::hub_port
                                                                 : NetClientGroup::Kind::netdev;
    auto group =
        std::make_unique<TapGroup>(context, netdev.id, kind, describe_origin(context, tap));
    // Names are looked up exactly where validation took them for names.
    FdStore* fds = options.origin == NetdevOrigin::monitor ? options.fds : nullptr;
    TapBuild build{.context = context, .group = *group, .tap = &tap, .fds = fds};
    if (tap.fd.has_value()) {
        NET_TRY(net_tap_from_monitor_fd(build, "fd", *tap.fd, tap.vhostfd.value_or("")));
    } else if (tap.fds.has_value()) {
        NET_TRY(net_init_tap_fds(build));
    } else if (tap.helper.has_value()) {
        NET_TRY(net_init_bridge(build));
    } else {
        NET_TRY(net_tap_open(build));
    }
    return std::unique_ptr<NetClientGroup>(std::move(group));
}

}  // namespace net
