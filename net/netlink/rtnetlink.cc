// SPDX-License-Identifier: MIT
#include "net/netlink/rtnetlink.h"

#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <sys/random.h>

#include <cerrno>

#include "net/netlink/route_socket.h"

namespace net {
namespace {

Result<void> open_socket(RouteSocket& socket) {
    const int errnum = socket.open();
    if (errnum != 0) {
        return Error::from_errno(errnum, "cannot open a netlink socket");
    }
    return {};
}

void read_tun_data(const nlattr* data, LinkInfo& link) {
    for_each_nested(data, [&link](const nlattr* attribute) {
        switch (mnl_attr_get_type(attribute)) {
            case IFLA_TUN_TYPE:
                link.is_tap = mnl_attr_get_u8(attribute) == IFF_TAP;
                break;
            case IFLA_TUN_MULTI_QUEUE:
                link.multi_queue = mnl_attr_get_u8(attribute) != 0;
                break;
            case IFLA_TUN_PERSIST:
                link.persistent = mnl_attr_get_u8(attribute) != 0;
                break;
            case IFLA_TUN_PI:
                link.packet_info = mnl_attr_get_u8(attribute) != 0;
                break;
            case IFLA_TUN_OWNER:
                link.owner = mnl_attr_get_u32(attribute);
                break;
            case IFLA_TUN_GROUP:
                link.group = mnl_attr_get_u32(attribute);
                break;
            case IFLA_TUN_NUM_QUEUES:
            case IFLA_TUN_NUM_DISABLED_QUEUES:
                link.queues = link.queues.value_or(0) + mnl_attr_get_u32(attribute);
                break;
            default:
                break;
        }
    });
}

void read_link_info(const nlattr* info, LinkInfo& link) {
    const nlattr* data = nullptr;
    for_each_nested(info, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND) {
            link.kind = mnl_attr_get_str(attribute);
        } else if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA) {
            data = attribute;
        }
    });
    if (link.kind == "tun" && data != nullptr) {
        read_tun_data(data, link);
    }
}

int on_link(const nlmsghdr* message, void* data) noexcept {
    auto& link = *static_cast<LinkInfo*>(data);
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    link.index = static_cast<unsigned>(header->ifi_index);
    link.is_ethernet = header->ifi_type == ARPHRD_ETHER;
    for_each_attribute(message, [&link](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_LINKINFO) {
            read_link_info(attribute, link);
        }
    });
    return MNL_CB_OK;
}

struct GroupSearch {
    std::uint32_t group;
    bool taken;
};

int on_group_member(const nlmsghdr* message, void* data) noexcept {
    auto& search = *static_cast<GroupSearch*>(data);
    for_each_attribute(message, [&search](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_GROUP &&
            mnl_attr_get_u32(attribute) == search.group) {
            search.taken = true;
        }
    });
    return MNL_CB_OK;
}

/// A random group number that no interface of this namespace carries.
Result<std::uint32_t> unused_group(RouteSocket& socket) {
    while (true) {
        GroupSearch search = {0, false};
        if (getrandom(&search.group, sizeof(search.group), 0) != sizeof(search.group)) {
            return Error::from_errno(errno, "getrandom");
        }
        if (search.group < 0x10000) {
            continue;  // small numbers are what people use by hand
        }
        nlmsghdr* message = socket.link_request(RTM_GETLINK, NLM_F_DUMP, 0);
        if (const int errnum = socket.run(message, on_group_member, &search)) {
            return Error::from_errno(errnum, "cannot list interfaces");
        }
        if (!search.taken) {
            return search.group;
        }
    }
}

}  // namespace

Result<std::optional<LinkInfo>> find_link(std::string_view name) {
    std::vector<std::optional<LinkInfo>> links = NET_TRY(find_links({std::string(name)}));
    return std::move(links.front());
}

Result<std::vector<std::optional<LinkInfo>>> find_links(const std::vector<std::string>& names) {
    RouteSocket socket;
    NET_TRY(open_socket(socket));
    std::vector<std::optional<LinkInfo>> links;
    links.reserve(names.size());
    for (const std::string& name : names) {
        nlmsghdr* message = socket.link_request(RTM_GETLINK, NLM_F_ACK, 0);
        mnl_attr_put_strz(message, IFLA_IFNAME, name.c_str());
        LinkInfo link;
        const int errnum = socket.run(message, on_link, &link);
        if (errnum == 0) {
            links.emplace_back(std::move(link));
        } else if (errnum == ENODEV) {
            links.emplace_back();
        } else {
            return Error::from_errno(errnum, "cannot look up interface '" + name + "'");
        }
    }
    return links;
}

Result<void> delete_link(unsigned index) {
    RouteSocket socket;
    NET_TRY(open_socket(socket));
    if (const int errnum =
            socket.run(socket.link_request(RTM_DELLINK, NLM_F_ACK, index), nullptr, nullptr)) {
        return Error::from_errno(errnum, "cannot delete an interface");
    }
    return {};
}

Result<void> delete_links(const std::vector<unsigned>& indices) {
    RouteSocket socket;
    NET_TRY(open_socket(socket));
    const std::uint32_t group = NET_TRY(unused_group(socket));
    for (const unsigned index : indices) {
        nlmsghdr* message = socket.link_request(RTM_SETLINK, NLM_F_ACK, index);
        mnl_attr_put_u32(message, IFLA_GROUP, group);
        const int errnum = socket.run(message, nullptr, nullptr);
        if (errnum != 0 && errnum != ENODEV) {
            return Error::from_errno(errnum, "cannot group interfaces for removal");
        }
    }
    nlmsghdr* message = socket.link_request(RTM_DELLINK, NLM_F_ACK, 0);
    mnl_attr_put_u32(message, IFLA_GROUP, group);
    if (const int errnum = socket.run(message, nullptr, nullptr)) {
        return Error::from_errno(errnum, "cannot delete an interface group");
    }
    return {};
}

}  // namespace net
