// SPDX-License-Identifier: MIT
#include "net/netlink/bridge_port.h"

#include <linux/if_link.h>
#include <net/if.h>

#include <cstring>

namespace net {
namespace {

void read_bridge_data(const nlattr* data, PortLink& link) {
    for_each_nested(data, [&link](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_BR_STP_STATE) {
            link.stp = mnl_attr_get_u32(attribute) != 0;
        } else if (mnl_attr_get_type(attribute) == IFLA_BR_FORWARD_DELAY) {
            link.forward_delay = mnl_attr_get_u32(attribute);
        }
    });
}

void read_tap_data(const nlattr* data, PortLink& link) {
    for_each_nested(data, [&link](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_TUN_NUM_QUEUES) {
            link.tap_queues = mnl_attr_get_u32(attribute);
        } else if (mnl_attr_get_type(attribute) == IFLA_TUN_PERSIST) {
            link.is_persistent = mnl_attr_get_u8(attribute) != 0;
        }
    });
}

void read_port_data(const nlattr* data, PortLink& link) {
    for_each_nested(data, [&link](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_BRPORT_STATE) {
            link.port_state = mnl_attr_get_u8(attribute);
        }
    });
}

bool is_text(const nlattr* attribute, const char* text) {
    return attribute != nullptr && std::strcmp(mnl_attr_get_str(attribute), text) == 0;
}

void read_link_info(const nlattr* info, PortLink& link) {
    std::array<const nlattr*, IFLA_INFO_MAX + 1> parts = {};
    for_each_nested(info, [&parts](const nlattr* attribute) {
        const std::uint16_t type = mnl_attr_get_type(attribute);
        if (type < parts.size()) {
            parts[type] = attribute;
        }
    });
    const nlattr* data = parts[IFLA_INFO_DATA];
    link.is_bridge = is_text(parts[IFLA_INFO_KIND], "bridge");
    if (link.is_bridge && data != nullptr) {
        read_bridge_data(data, link);
    }
    if (is_text(parts[IFLA_INFO_KIND], "tun") && data != nullptr) {
        read_tap_data(data, link);
    }
    if (is_text(parts[IFLA_INFO_SLAVE_KIND], "bridge") && parts[IFLA_INFO_SLAVE_DATA] != nullptr) {
        read_port_data(parts[IFLA_INFO_SLAVE_DATA], link);
    }
}

void read_attribute(const nlattr* attribute, PortLink& link) {
    switch (mnl_attr_get_type(attribute)) {
        case IFLA_MTU:
            link.mtu = mnl_attr_get_u32(attribute);
            break;
        case IFLA_ADDRESS:
            if (mnl_attr_get_payload_len(attribute) == link.address.size()) {
                std::memcpy(link.address.data(), mnl_attr_get_payload(attribute),
                            link.address.size());
            }
            break;
        case IFLA_MASTER:
            link.master = mnl_attr_get_u32(attribute);
            break;
        case IFLA_LINKINFO:
            read_link_info(attribute, link);
            break;
        default:
            break;
    }
}

int on_link(const nlmsghdr* message, void* data) noexcept {
    auto& link = *static_cast<PortLink*>(data);
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    link.index = static_cast<unsigned>(header->ifi_index);
    link.is_up = (header->ifi_flags & IFF_UP) != 0;
    for_each_attribute(message,
                       [&link](const nlattr* attribute) { read_attribute(attribute, link); });
    return MNL_CB_OK;
}

}  // namespace

int query_link(RouteSocket& socket, const char* name, PortLink& link) {
    link = {};
    nlmsghdr* message = socket.link_request(RTM_GETLINK, NLM_F_ACK, 0);
    mnl_attr_put_strz(message, IFLA_IFNAME, name);
    return socket.run(message, on_link, &link);
}

int set_bridge_port(RouteSocket& socket, const PortSettings& settings) {
    nlmsghdr* message = socket.link_request(RTM_NEWLINK, NLM_F_ACK, settings.index);
    auto* header = static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(message));
    header->ifi_flags = settings.up ? IFF_UP : 0;
    header->ifi_change = IFF_UP;
    if (settings.mtu) {
        mnl_attr_put_u32(message, IFLA_MTU, *settings.mtu);
    }
    if (settings.address) {
        mnl_attr_put(message, IFLA_ADDRESS, settings.address->size(), settings.address->data());
    }
    mnl_attr_put_u32(message, IFLA_MASTER, settings.bridge);
    return socket.run(message, nullptr, nullptr);
}

}  // namespace net
