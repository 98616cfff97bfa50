// SPDX-License-Identifier: MIT
#include "net/bridge/rtnetlink.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <sys/random.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace net {
namespace {

constexpr std::size_t kBufferBytes = 16384;  // a link with all its attributes fits

/// A route netlink socket for a few requests, each answered before the next is sent.
class RouteSocket {
public:
    static Result<RouteSocket> open() {
        mnl_socket* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
        if (socket == nullptr) {
            return Error::from_errno(errno, "cannot open a netlink socket");
        }
        RouteSocket result(socket);
        if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
            return Error::from_errno(errno, "cannot bind a netlink socket");
        }
        return result;
    }

    nlmsghdr* request(std::uint16_t type, std::uint16_t flags) {
        nlmsghdr* message = mnl_nlmsg_put_header(buffer_->data());
        message->nlmsg_type = type;
        message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        message->nlmsg_seq = ++sequence_;
        return message;
    }

    /// Sends and hands every answer to `callback` until the kernel says it is done.
    int run(nlmsghdr* message, mnl_cb_t callback, void* data) {
        if (mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0) {
            return -1;
        }
        int outcome = MNL_CB_OK;
        while (outcome > MNL_CB_STOP) {
            const ssize_t count =
                mnl_socket_recvfrom(socket_.get(), buffer_->data(), buffer_->size());
            if (count < 0) {
                return -1;
            }
            outcome = mnl_cb_run(buffer_->data(), static_cast<std::size_t>(count), sequence_,
                                 mnl_socket_get_portid(socket_.get()), callback, data);
        }
        return outcome;
    }

private:
    explicit RouteSocket(mnl_socket* socket) : socket_(socket, &mnl_socket_close) {}

    std::unique_ptr<mnl_socket, decltype(&mnl_socket_close)> socket_;
    std::unique_ptr<std::array<char, kBufferBytes>> buffer_ =
        std::make_unique<std::array<char, kBufferBytes>>();
    unsigned sequence_ = 0;
};

/// libmnl's own loop macros are C only; its parsers with a callback are not.
template <class Visit>
int visit_attribute(const nlattr* attribute, void* data) noexcept {
    (*static_cast<Visit*>(data))(attribute);
    return MNL_CB_OK;
}

template <class Visit>
void for_each_attribute(const nlmsghdr* message, Visit visit) {
    (void)mnl_attr_parse(message, sizeof(ifinfomsg), visit_attribute<Visit>, &visit);
}

template <class Visit>
void for_each_nested(const nlattr* parent, Visit visit) {
    (void)mnl_attr_parse_nested(parent, visit_attribute<Visit>, &visit);
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
        nlmsghdr* message = socket.request(RTM_GETLINK, NLM_F_DUMP);
        mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg));
        if (socket.run(message, on_group_member, &search) < 0) {
            return Error::from_errno(errno, "cannot list interfaces");
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
    RouteSocket socket = NET_TRY(RouteSocket::open());
    std::vector<std::optional<LinkInfo>> links;
    links.reserve(names.size());
    for (const std::string& name : names) {
        nlmsghdr* message = socket.request(RTM_GETLINK, NLM_F_ACK);
        mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg));
        mnl_attr_put_strz(message, IFLA_IFNAME, name.c_str());
        LinkInfo link;
        if (socket.run(message, on_link, &link) >= 0) {
            links.emplace_back(std::move(link));
        } else if (errno == ENODEV) {
            links.emplace_back();
        } else {
            return Error::from_errno(errno, "cannot look up interface '" + name + "'");
        }
    }
    return links;
}

Result<void> delete_links(const std::vector<unsigned>& indices) {
    RouteSocket socket = NET_TRY(RouteSocket::open());
    const std::uint32_t group = NET_TRY(unused_group(socket));
    for (const unsigned index : indices) {
        nlmsghdr* message = socket.request(RTM_SETLINK, NLM_F_ACK);
        auto* header =
            static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
        header->ifi_index = static_cast<int>(index);
        mnl_attr_put_u32(message, IFLA_GROUP, group);
        if (socket.run(message, nullptr, nullptr) < 0 && errno != ENODEV) {
            return Error::from_errno(errno, "cannot group interfaces for removal");
        }
    }
    nlmsghdr* message = socket.request(RTM_DELLINK, NLM_F_ACK);
    mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg));
    mnl_attr_put_u32(message, IFLA_GROUP, group);
    if (socket.run(message, nullptr, nullptr) < 0) {
        return Error::from_errno(errno, "cannot delete an interface group");
    }
    return {};
}

}  // namespace net
