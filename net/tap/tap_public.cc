// SPDX-License-Identifier: MIT
#include <cassert>
#include <utility>

#include "net/tap.h"
#include "net/tap/tap_client.h"
#include "net/tap/tap_group.h"

namespace qnetdev {
namespace {

TapClient& as_tap(NetClientState& client) {
    assert(is_tap(client));
    return static_cast<TapClient&>(client);
}

const TapClient& as_tap(const NetClientState& client) {
    assert(is_tap(client));
    return static_cast<const TapClient&>(client);
}

}  // namespace

bool is_tap(const NetClientState& client) {
    return dynamic_cast<const TapClient*>(&client) != nullptr;
}

int tap_get_fd(const NetClientState& client) {
    return as_tap(client).fd();
}

Result<void> tap_enable(NetClientState& client) {
    return as_tap(client).enable();
}

Result<void> tap_disable(NetClientState& client) {
    return as_tap(client).disable();
}

Result<TapState> tap_query(const NetClientState& client) {
    const TapClient& tap = as_tap(client);
    QueueDescription queue = NET_TRY(tap.describe());
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
