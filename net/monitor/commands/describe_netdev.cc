// SPDX-License-Identifier: MIT
#include "net/monitor/commands/describe_netdev.h"

#include <net/if.h>

#include <array>
#include <climits>
#include <utility>

namespace qnetdev {
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

std::vector<NetdevOffload> list_offloads(const Offloads& offloads) {
    constexpr std::array<std::pair<bool Offloads::*, NetdevOffload>, 9> kNames{{
        {&Offloads::csum, NetdevOffload::csum},
        {&Offloads::tso4, NetdevOffload::tso4},
        {&Offloads::tso6, NetdevOffload::tso6},
        {&Offloads::ecn, NetdevOffload::ecn},
        {&Offloads::ufo, NetdevOffload::ufo},
        {&Offloads::uso4, NetdevOffload::uso4},
        {&Offloads::uso6, NetdevOffload::uso6},
        {&Offloads::tunnel, NetdevOffload::tunnel},
        {&Offloads::tunnel_csum, NetdevOffload::tunnel_csum},
    }};
    std::vector<NetdevOffload> list;
    for (const auto& [member, name] : kNames) {
        if (offloads.*member) {
            list.push_back(name);
        }
    }
    return list;
}

qapi::NetdevQueueInfo describe_queue(const NetClientState& client, const QueueDescription& told) {
    const FrameCounters& counters = client.counters();
    qapi::NetdevQueueInfo queue{.fd = told.fd,
                                .enabled = told.enabled,
                                .rx_packets = counters.rx_packets,
                                .rx_bytes = counters.rx_bytes,
                                .tx_packets = counters.tx_packets,
                                .tx_bytes = counters.tx_bytes,
                                .tx_dropped = counters.tx_dropped};
    if (const NetClientState* peer = client.peer()) {
        queue.peer = {.name = peer->name(), .queue = peer->queue_index()};
    }
    if (std::optional<VhostDescription> vhost = client.describe_vhost()) {
        queue.vhost = {.fd = vhost->fd,
                       .owner = vhost->owner,
                       .features = std::move(vhost->features),
                       .running = vhost->running};
    }
    return queue;
}

qapi::NetdevInterfaceInfo describe_interface(const InterfaceDescription& told) {
    qapi::NetdevInterfaceInfo interface {
        .ifname = told.name, .multi_queue = told.multi_queue, .vnet_hdr = told.vnet_hdr,
        .vnet_hdr_len = static_cast<std::uint32_t>(told.vnet_hdr_len),
        .offloads = list_offloads(told.offloads), .vhost = told.vhost
    };
    if (const unsigned index = if_nametoindex(told.name.c_str()); index != 0) {
        interface.ifindex = index;
    }
    if (told.sndbuf > 0 && told.sndbuf < INT_MAX) {
        interface.sndbuf = told.sndbuf;
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
    for (std::size_t i = 0; i < group.size(); ++i) {
        const Result<QueueDescription> queue = group.client(i).describe();
        if (!queue || !queue->interface) {
            break;  // it has none, or it was deleted under us
        }
        if (!info.interface.has_value()) {
            info.interface = describe_interface(*queue->interface);
        }
        info.interface->queues.push_back(describe_queue(group.client(i), *queue));
    }
    return info;
}

qapi::NetdevFinding describe_finding(const Error& error) {
    qapi::NetdevFinding finding{.stage = std::string(stage_name(error.stage())),
                                .class_ = std::string(error_class_name(error.error_class())),
                                .desc = error.message()};
    if (!error.param().empty()) {
        finding.param = error.param();
    }
    if (!error.hint().empty()) {
        finding.hint = error.hint();
    }
    if (const std::optional<TextSpan> span = error.span()) {
        finding.span = {.offset = span->offset, .length = span->length};
    }
    return finding;
}

}  // namespace qnetdev
