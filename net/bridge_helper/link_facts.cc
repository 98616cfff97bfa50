// SPDX-License-Identifier: MIT
#include "net/bridge_helper/link_facts.h"

#include <linux/if_link.h>

#include <cstring>

namespace net::helper {
namespace {

void read_tap_attribute(const nlattr* attribute, LinkFacts& facts) {
    switch (mnl_attr_get_type(attribute)) {
        case IFLA_TUN_OWNER:
            facts.owner = mnl_attr_get_u32(attribute);
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
    for_each_attribute(message, [&facts](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_IFNAME) {
            facts.name.clear();
            facts.name.add(mnl_attr_get_str(attribute));
        } else if (mnl_attr_get_type(attribute) == IFLA_LINKINFO) {
            read_link_info(attribute, facts);
        }
    });
    return MNL_CB_OK;
}

}  // namespace

int query_facts(RouteSocket& socket, const char* name, LinkFacts& facts) {
    facts = {};
    nlmsghdr* message = socket.link_request(RTM_GETLINK, NLM_F_ACK, 0);
    mnl_attr_put_strz(message, IFLA_IFNAME, name);
    return socket.run(message, on_link, &facts);
}

}  // namespace net::helper
