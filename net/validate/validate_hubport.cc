// SPDX-License-Identifier: MIT
#include "net/validate/rules.h"

namespace qnetdev {

std::vector<Error> validate_hubport(const qapi::NetdevHubPortOptions& /*port*/,
                                    NetdevOrigin origin) {
    if (origin != NetdevOrigin::net_option) {
        return {};
    }
    return {
        broken_rule("'type' hubport cannot be used with -net, which has a hub of its own", "type")
            .with_hint("use -netdev or -nic")};
}

}  // namespace qnetdev
