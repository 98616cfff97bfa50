// SPDX-License-Identifier: MIT
#include "net/monitor/commands/describe_netdev.h"

#include <linux/if_tun.h>
#include <net/if.h>

#include <array>
#include <climits>
#include <utility>

#include "net/tap.h"

namespace net {
namespace {

using qapi::NetdevOffload;

qapi::NetClientDriver driver_of(std::string_view type) {
    const auto& names = qapi::enum_names<qapi::NetClientDriver>;
    std::size_t value = 0;
    while (value < names.size() && names[value] != type) {
        ++value;
    }
    return static_cast<qapi::NetClientDriver>(value < names.size() ? value : 0);
}

std::vector<NetdevOffload> list_offloads(unsigned bits) {
    // linux/if_tun.h; the newest bits by number, because older headers lack them.
    constexpr unsigned kUso4 = 0x20;
    constexpr unsigned kUso6 = 0x40;
    constexpr unsigned kTunnel = 0x80;
    constexpr unsigned kTunnelCsum = 0x100;
    constexpr std::array<std::pair<unsigned, NetdevOffload>, 9> kBits{{
        {TUN_F_CSUM, NetdevOffload::csum},
        {TUN_F_TSO4, NetdevOffload::tso4},
        {TUN_F_TSO6, NetdevOffload::tso6},
        {TUN_F_TSO_ECN, NetdevOffload::ecn},
        {TUN_F_UFO, NetdevOffload::ufo},
        {kUso4, NetdevOffload::uso4},
        {kUso6, NetdevOffload::uso6},
        {kTunnel, NetdevOffload::tunnel},
        {kTunnelCsum, NetdevOffload::tunnel_csum},
    }};
    std::vector<NetdevOffload> list;
    for (const auto& [bit, offload] : kBits) {
        if ((bits & bit) != 0) {
            list.push_back(offload);
        }
    }
    return list;
}

qapi::NetdevQueueInfo describe_queue(const NetClientState& client, const TapState& state) {
    const TapCounters counters = tap_counters(client);
    qapi::NetdevQueueInfo queue{.fd = state.fd,
                                .enabled = state.enabled,
                                .rx_packets = counters.rx_packets,
                                .rx_bytes = counters.rx_bytes,
                                .tx_packets = counters.tx_packets,
                                .tx_bytes = counters.tx_bytes,
                                .tx_dropped = counters.tx_dropped};
    if (const NetClientState* peer = client.peer()) {
        queue.peer = {.name = peer->name(), .queue = peer->queue_index()};
    }
    return queue;
}

qapi::NetdevInterfaceInfo describe_interface(const TapState& state) {
    qapi::NetdevInterfaceInfo interface {
        .ifname = state.ifname, .multi_queue = state.multi_queue, .vnet_hdr = state.vnet_hdr,
        .vnet_hdr_len = static_cast<std::uint32_t>(state.vnet_hdr_len),
        .offloads = list_offloads(state.offload), .vhost = state.vhost
    };
    if (const unsigned index = if_nametoindex(state.ifname.c_str()); index != 0) {
        interface.ifindex = index;
    }
    if (state.sndbuf > 0 && state.sndbuf < INT_MAX) {
        interface.sndbuf = state.sndbuf;
    }
    return interface;
}

}  // namespace

qapi::NetdevInfo describe_starting(const std::string& id, const NetdevDescription& description) {
    return {.id = id,
            .type = driver_of(description.type),
            .stage = qapi::NetdevStage::starting,
            .link_up = true,
            .options = {description.options}};
}

qapi::NetdevInfo describe_netdev(const NetClientGroup& group) {
    qapi::NetdevInfo info = describe_starting(group.id(), group.description());
    info.stage = qapi::NetdevStage::ready;
    info.link_up = group.size() == 0 || !group.client(0).link_down();
    for (std::size_t i = 0; i < group.size() && is_tap(group.client(i)); ++i) {
        const Result<TapState> state = tap_query(group.client(i));
        if (!state) {
            break;  // the interface was deleted under us
        }
        if (!info.interface.has_value()) {
            info.interface = describe_interface(*state);
        }
        info.interface->queues.push_back(describe_queue(group.client(i), *state));
    }
    return info;
}

}  // namespace net
