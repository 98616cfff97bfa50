// SPDX-License-Identifier: MIT
#include "net/bridge_helper/link_facts.h"

#include <linux/if_arp.h>
#include <linux/if_link.h>

#include <cerrno>
#include <cstring>

namespace net::helper {
namespace {

void read_tap_attribute(const nlattr* attribute, LinkFacts& facts) {
    switch (mnl_attr_get_type(attribute)) {
        case IFLA_TUN_OWNER:
            facts.owner = mnl_attr_get_u32(attribute);
            break;
        case IFLA_TUN_GROUP:
            facts.group = mnl_attr_get_u32(attribute);
            break;
        case IFLA_TUN_PERSIST:
            facts.is_persistent = mnl_attr_get_u8(attribute) != 0;
            break;
        case IFLA_TUN_NUM_QUEUES:
            facts.queues = mnl_attr_get_u32(attribute);
            break;
        case IFLA_TUN_NUM_DISABLED_QUEUES:
            facts.idle_queues = mnl_attr_get_u32(attribute);
            break;
        default:
            break;
    }
}

void read_link_info(const nlattr* info, LinkFacts& facts) {
    const nlattr* data = nullptr;
    bool is_tap = false;
    for_each_nested(info, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND) {
            is_tap = std::strcmp(mnl_attr_get_str(attribute), "tun") == 0;
        } else if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA) {
            data = attribute;
        }
    });
    if (is_tap && data != nullptr) {
        for_each_nested(
            data, [&facts](const nlattr* attribute) { read_tap_attribute(attribute, facts); });
    }
}

int on_link(const nlmsghdr* message, void* data) noexcept {
    auto& facts = *static_cast<LinkFacts*>(data);
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    facts.index = static_cast<unsigned>(header->ifi_index);
    facts.is_ethernet = header->ifi_type == ARPHRD_ETHER;
    for_each_attribute(message, [&facts](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_IFNAME) {
            facts.name.clear();
            facts.name.add(mnl_attr_get_str(attribute));
        } else if (mnl_attr_get_type(attribute) == IFLA_MASTER) {
            facts.master = mnl_attr_get_u32(attribute);
        } else if (mnl_attr_get_type(attribute) == IFLA_LINKINFO) {
            read_link_info(attribute, facts);
        }
    });
    return MNL_CB_OK;
}

struct PortCount {
    unsigned bridge;
    std::uint32_t owner;
    unsigned count;
};

int on_port(const nlmsghdr* message, void* data) noexcept {
    auto& ports = *static_cast<PortCount*>(data);
    LinkFacts facts;
    const int outcome = on_link(message, &facts);
    ports.count += facts.master == ports.bridge && facts.owner == ports.owner ? 1 : 0;
    return outcome;
}

}  // namespace

int query_facts(RouteSocket& socket, const char* name, LinkFacts& facts) {
    facts = {};
    nlmsghdr* message = socket.link_request(RTM_GETLINK, NLM_F_ACK, 0);
    mnl_attr_put_strz(message, IFLA_IFNAME, name);
    return socket.run(message, on_link, &facts);
}

int count_ports(unsigned bridge, std::uint32_t owner, unsigned& count) {
    constexpr int kAttempts = 8;  // a list that changed while it was read is read again
    int errnum = EINTR;
    for (int attempt = 0; attempt < kAttempts && errnum == EINTR; ++attempt) {
        RouteSocket socket;  // a new one, without what is left of a broken list
        errnum = socket.open();
        if (errnum != 0) {
            return errnum;
        }
        PortCount ports = {bridge, owner, 0};
        nlmsghdr* message = socket.link_request(RTM_GETLINK, NLM_F_DUMP, 0);
        mnl_attr_put_u32(message, IFLA_MASTER, bridge);  // older kernels list all
        errnum = socket.run(message, on_port, &ports);
        count = ports.count;
    }
    return errnum;
}

}  // namespace net::helper
