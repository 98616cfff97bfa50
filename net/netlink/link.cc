// SPDX-License-Identifier: MIT
#include "net/netlink/link.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>

#include <cstring>

namespace qnetdev {
namespace {

/// IFLA_TUN_TYPE of a tap: IFF_TAP in <linux/if_tun.h>.
constexpr std::uint8_t kTapType = 2;

void read_tun_attribute(const nlattr* attribute, TunInfo& tun) {
    switch (mnl_attr_get_type(attribute)) {
        case IFLA_TUN_TYPE:
            tun.is_tap = mnl_attr_get_u8(attribute) == kTapType;
            break;
        case IFLA_TUN_MULTI_QUEUE:
            tun.multi_queue = mnl_attr_get_u8(attribute) != 0;
            break;
        case IFLA_TUN_PERSIST:
            tun.persistent = mnl_attr_get_u8(attribute) != 0;
            break;
        case IFLA_TUN_PI:
            tun.packet_info = mnl_attr_get_u8(attribute) != 0;
            break;
        case IFLA_TUN_OWNER:
            tun.owner = mnl_attr_get_u32(attribute);
            break;
        case IFLA_TUN_GROUP:
            tun.group = mnl_attr_get_u32(attribute);
            break;
        case IFLA_TUN_NUM_QUEUES:
        case IFLA_TUN_NUM_DISABLED_QUEUES:
            tun.queues = tun.queues.value_or(0) + mnl_attr_get_u32(attribute);
            break;
        default:
            break;
    }
}

void read_bridge_attribute(const nlattr* attribute, BridgeInfo& bridge) {
    if (mnl_attr_get_type(attribute) == IFLA_BR_STP_STATE) {
        bridge.stp = mnl_attr_get_u32(attribute) != 0;
    } else if (mnl_attr_get_type(attribute) == IFLA_BR_FORWARD_DELAY) {
        bridge.forward_delay = mnl_attr_get_u32(attribute);
    }
}

void read_port_attribute(const nlattr* attribute, LinkInfo& link) {
    if (mnl_attr_get_type(attribute) == IFLA_BRPORT_STATE) {
        link.port_state = mnl_attr_get_u8(attribute);
    }
}

/// Calls `read` with each attribute in `parent`, which may be missing, and with what is read.
template <class Facts>
void read_nested(const nlattr* parent, void (*read)(const nlattr*, Facts&), Facts& facts) {
    if (parent != nullptr) {
        for_each_nested(parent,
                        [read, &facts](const nlattr* attribute) { read(attribute, facts); });
    }
}

void read_link_info(const nlattr* info, LinkInfo& link) {
    std::array<const nlattr*, IFLA_INFO_MAX + 1> parts = {};
    for_each_nested(info, [&parts](const nlattr* attribute) {
        const std::uint16_t type = mnl_attr_get_type(attribute);
        if (type < parts.size()) {
            parts[type] = attribute;
        }
    });
    if (parts[IFLA_INFO_KIND] != nullptr) {
        link.kind.add(mnl_attr_get_str(parts[IFLA_INFO_KIND]));
    }
    if (link.is_tun()) {
        read_nested(parts[IFLA_INFO_DATA], read_tun_attribute, link.tun);
    } else if (link.is_bridge()) {
        read_nested(parts[IFLA_INFO_DATA], read_bridge_attribute, link.bridge);
    }
    const nlattr* of_what = parts[IFLA_INFO_SLAVE_KIND];
    if (of_what != nullptr && std::strcmp(mnl_attr_get_str(of_what), "bridge") == 0) {
        read_nested(parts[IFLA_INFO_SLAVE_DATA], read_port_attribute, link);
    }
}

void read_attribute(const nlattr* attribute, LinkInfo& link) {
    switch (mnl_attr_get_type(attribute)) {
        case IFLA_IFNAME:
            link.name.clear();
            link.name.add(mnl_attr_get_str(attribute));
            break;
        case IFLA_IFALIAS:
            link.alias.clear();
            link.alias.add(mnl_attr_get_str(attribute));
            break;
        case IFLA_MTU:
            link.mtu = mnl_attr_get_u32(attribute);
            break;
        case IFLA_ADDRESS:
            if (mnl_attr_get_payload_len(attribute) == link.address.bytes.size()) {
                std::memcpy(link.address.bytes.data(), mnl_attr_get_payload(attribute),
                            link.address.bytes.size());
            }
            break;
        case IFLA_GROUP:
            link.group = mnl_attr_get_u32(attribute);
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
    read_link(message, *static_cast<LinkInfo*>(data));
    return MNL_CB_OK;
}

struct Listing {
    unsigned master;
    void (*visit)(const LinkInfo&, void*);
    void* data;
};

int on_listed_link(const nlmsghdr* message, void* data) noexcept {
    const auto& listing = *static_cast<const Listing*>(data);
    LinkInfo link;
    read_link(message, link);
    if (listing.master == 0 || link.master == listing.master) {
        listing.visit(link, listing.data);
    }
    return MNL_CB_OK;
}

}  // namespace

void read_link(const nlmsghdr* message, LinkInfo& link) {
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    link = {};
    link.index = static_cast<unsigned>(header->ifi_index);
    link.is_up = (header->ifi_flags & IFF_UP) != 0;
    link.is_ethernet = header->ifi_type == ARPHRD_ETHER;
    for_each_attribute(message,
                       [&link](const nlattr* attribute) { read_attribute(attribute, link); });
}

int query_link(RouteSocket& socket, const char* name, LinkInfo& link) {
    link = {};
    nlmsghdr* message = socket.link_request(RTM_GETLINK, NLM_F_ACK, 0);
    mnl_attr_put_strz(message, IFLA_IFNAME, name);
    return socket.run(message, on_link, &link);
}

int list_links(RouteSocket& socket, unsigned master, void (*visit)(const LinkInfo&, void*),
               void* data) {
    nlmsghdr* message = socket.link_request(RTM_GETLINK, NLM_F_DUMP, 0);
    if (master != 0) {
        mnl_attr_put_u32(message, IFLA_MASTER, master);  // older kernels list all nevertheless
    }
    Listing listing = {master, visit, data};
    return socket.run(message, on_listed_link, &listing);
}

int delete_link(RouteSocket& socket, unsigned index) {
    return socket.run(socket.link_request(RTM_DELLINK, NLM_F_ACK, index), nullptr, nullptr);
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
        mnl_attr_put(message, IFLA_ADDRESS, settings.address->bytes.size(),
                     settings.address->bytes.data());
    }
    if (!settings.alias.empty()) {
        mnl_attr_put(message, IFLA_IFALIAS, settings.alias.size(), settings.alias.data());
    }
    mnl_attr_put_u32(message, IFLA_MASTER, settings.bridge);
    return socket.run(message, nullptr, nullptr);
}

}  // namespace qnetdev
