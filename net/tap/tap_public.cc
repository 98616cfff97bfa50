// SPDX-License-Identifier: MIT
#include <string>
#include <type_traits>
#include <utility>

#include "net/tap.h"
#include "net/tap/tap_client.h"
#include "net/tap/tap_group.h"

namespace qnetdev {
namespace {

/// Client is NetClientState or const.
template <class Client>
auto as_tap(Client& client) {
    using Tap = std::conditional_t<std::is_const_v<Client>, const TapClient, TapClient>;
    return dynamic_cast<Tap*>(&client);
}

Error no_tap(const NetClientState& client) {
    return Error("'" + client.name() + "' must be a tap, but is of type " +
                 std::string(client.driver()))
        .with_stage(Stage::validate)
        .with_param("id");
}

}  // namespace

bool is_tap(const NetClientState& client) {
    return as_tap(client) != nullptr;
}

int tap_get_fd(const NetClientState& client) {
    const TapClient* tap = as_tap(client);
    return tap != nullptr ? tap->fd() : -1;
}

Result<void> tap_enable(NetClientState& client) {
    TapClient* tap = as_tap(client);
    return tap != nullptr ? tap->enable() : no_tap(client);
}

Result<void> tap_disable(NetClientState& client) {
    TapClient* tap = as_tap(client);
    return tap != nullptr ? tap->disable() : no_tap(client);
}

Result<TapState> tap_query(const NetClientState& client) {
    const TapClient* tap = as_tap(client);
    if (tap == nullptr) {
        return no_tap(client);
    }
    QueueDescription queue = NET_TRY(tap->describe());
    InterfaceDescription& interface = *queue.interface;
    return TapState{.fd = queue.fd,
                    .ifname = std::move(interface.name),
                    .multi_queue = interface.multi_queue,
                    .enabled = queue.enabled,
                    .vnet_hdr = interface.vnet_hdr,
                    .vnet_hdr_len = interface.vnet_hdr_len,
                    .sndbuf = interface.sndbuf,
                    .offloads = interface.offloads,
                    .supported_offloads = interface.supported_offloads,
                    .script = std::move(queue.script),
                    .downscript = std::move(queue.downscript),
                    .vhost = interface.vhost};
}

}  // namespace qnetdev
