// SPDX-License-Identifier: MIT
#include <string>
#include <variant>

#include "net/tap/pipeline.h"
#include "net/tap/tap_client.h"

namespace net {

Result<void> net_tap_setup_vhost(TapBuild& build, TapClient& client) {
    if (std::holds_alternative<NoVhost>(build.plan.vhost[client.index()])) {
        return {};
    }
    const std::string option(build.plan.vhost_option);
    return Error("'" + option + "' asks for vhost-net, which is not supported by this build")
        .with_param(option)
        .with_hint("drop '" + option + "': the tap then works without vhost");
}

}  // namespace net
