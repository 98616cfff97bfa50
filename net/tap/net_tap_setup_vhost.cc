// SPDX-License-Identifier: MIT
#include "net/tap/pipeline.h"

namespace net {

Result<void> net_tap_setup_vhost(TapBuild& build, TapClient&, std::string_view) {
    if (build.tap == nullptr) {
        return {};
    }
    const qapi::NetdevTapOptions& tap = *build.tap;
    const bool implied =
        tap.vhostfd.has_value() || tap.vhostfds.has_value() || tap.vhostforce.value_or(false);
    if (!tap.vhost.value_or(implied)) {
        return {};
    }
    const char* option = tap.vhost.has_value()     ? "vhost"
                         : tap.vhostforce == true  ? "vhostforce"
                         : tap.vhostfd.has_value() ? "vhostfd"
                                                   : "vhostfds";
    return Error("'" + std::string(option) +
                 "' asks for vhost-net, which is not supported by "
                 "this build")
        .with_param(option)
        .with_hint("drop '" + std::string(option) + "': the tap then works without vhost");
}

}  // namespace net
