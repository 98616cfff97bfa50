// SPDX-License-Identifier: MIT
#include <cassert>
#include <cerrno>
#include <variant>

#include "net/tap.h"
#include "net/tap/tap_client.h"
#include "net/tap/tap_fd.h"
#include "net/tap/tap_group.h"

namespace net {
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

const TapCounters& tap_counters(const NetClientState& client) {
    return as_tap(client).counters();
}

Result<TapState> tap_query(const NetClientState& client) {
    const TapClient& tap = as_tap(client);
    TapGroup& group = tap.group();
    TunKernel& kernel = group.context().tun();
    const TunInterface interface = NET_TRY(kernel.get_iff(tap.fd()));
    TapState state;
    state.fd = tap.fd();
    state.ifname = interface.name;
    state.multi_queue = (interface.flags & tun_flags::kMultiQueue) != 0;
    state.enabled = tap.enabled();
    state.vnet_hdr = (interface.flags & tun_flags::kVnetHdr) != 0;
    if (state.vnet_hdr) {
        state.vnet_hdr_len = NET_TRY(kernel.get_vnet_hdr_size(tap.fd()));
    }
    Result<int> sndbuf = kernel.get_sndbuf(tap.fd());
    if (!sndbuf && sndbuf.error().errnum() != EINVAL) {
        return std::move(sndbuf).error();
    }
    state.sndbuf = sndbuf ? *sndbuf : 0;  // the macvtap driver can set it, but not tell it
    state.offload = group.offload();
    const TapOffloadSupport support = NET_TRY(group.offload_support());
    state.has_ufo = support.ufo;
    state.has_uso = support.uso;
    state.has_tunnel = support.tunnel;
    state.script = state.downscript = "no";
    if (const auto* named = std::get_if<ByName>(&group.source()); named && tap.is_first_queue()) {
        state.script = named->script.runs ? named->script.text : "no";
        state.downscript = named->downscript.runs ? named->downscript.text : "no";
    }
    return state;
}

}  // namespace net
