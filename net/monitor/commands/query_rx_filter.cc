// SPDX-License-Identifier: MIT
#include "net/monitor/commands/query_rx_filter.h"

#include <utility>

#include "net/nic/nic.h"

namespace qnetdev {
namespace {

qapi::RxState state_name(ReceiveState state) {
    switch (state) {
        case ReceiveState::normal:
            return qapi::RxState::normal;
        case ReceiveState::none:
            return qapi::RxState::none;
        case ReceiveState::all:
            break;
    }
    return qapi::RxState::all;
}

std::string text(const MacAddress& mac) {
    return std::string(format_mac(mac).view());
}

/// Newest first, as QEMU has them.
std::vector<std::string> reversed(const std::vector<MacAddress>& table) {
    std::vector<std::string> texts;
    for (auto mac = table.rbegin(); mac != table.rend(); ++mac) {
        texts.push_back(text(*mac));
    }
    return texts;
}

qapi::RxFilterInfo tell(std::string name, const ReceiveFilterDescription& told) {
    const std::vector<unsigned> vlans = told.vlan_table();
    return {.name = std::move(name),
            .promiscuous = told.filter.promiscuous,
            .multicast = state_name(told.multicast_state()),
            .unicast = state_name(told.unicast_state()),
            .vlan = state_name(told.vlan_state()),
            .broadcast_allowed = !told.filter.no_broadcast,
            .multicast_overflow = told.filter.multicast_overflow,
            .unicast_overflow = told.filter.unicast_overflow,
            .main_mac = text(told.main_mac),
            .vlan_table = {vlans.rbegin(), vlans.rend()},
            .unicast_table = reversed(told.filter.unicast),
            .multicast_table = reversed(told.filter.multicast)};
}

/// Nothing of a card that keeps no filter, which may be one of an embedder's own.
std::optional<qapi::RxFilterInfo> query(NetClientGroup& group) {
    auto* nic = dynamic_cast<Nic*>(&group);
    const auto told = nic != nullptr ? nic->query_receive_filter() : std::nullopt;
    return told ? std::optional(tell(nic->client(0).name(), *told)) : std::nullopt;
}

}  // namespace

Result<std::vector<qapi::RxFilterInfo>> query_rx_filter(const NetClientRegistry& registry,
                                                        const std::optional<std::string>& name) {
    std::vector<qapi::RxFilterInfo> all;
    if (!name) {
        for (const auto& group : registry.groups()) {
            if (std::optional<qapi::RxFilterInfo> told = query(*group)) {
                all.push_back(std::move(*told));
            }
        }
        return all;
    }
    std::string message = "there is no card '" + *name + "'";
    if (NetClientGroup* nic = registry.find_nic(*name)) {
        if (std::optional<qapi::RxFilterInfo> told = query(*nic)) {
            all.push_back(std::move(*told));
            return all;
        }
        message = "card '" + *name + "' keeps no receive filter";
    } else if (registry.find_backend(*name) != nullptr) {
        message = "'" + *name + "' is a backend, not a card";
    }
    return Error(std::move(message)).with_stage(Stage::validate).with_param("name");
}

}  // namespace qnetdev
