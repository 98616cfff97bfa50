// SPDX-License-Identifier: MIT
#include "net/netlink/rtnetlink.h"

#include <linux/if_link.h>
#include <sys/random.h>

#include <cerrno>

#include "net/netlink/link.h"
#include "net/netlink/route_trace.h"

namespace qnetdev {
namespace {

Result<void> open_socket(RouteSocket& socket) {
    const int errnum = socket.open();
    if (errnum != 0) {
        return Error::from_errno(errnum, "cannot open a netlink socket");
    }
    return {};
}

/// A random group number that no interface of this namespace carries.
Result<std::uint32_t> unused_group(RouteSocket& socket) {
    while (true) {
        std::uint32_t group = 0;
        if (getrandom(&group, sizeof(group), 0) != sizeof(group)) {
            return Error::from_errno(errno, "getrandom");
        }
        if (group < 0x10000) {
            continue;  // small numbers are what people use by hand
        }
        bool taken = false;
        if (const int errnum = list_links(
                socket, 0, [&](const LinkInfo& link) { taken = taken || link.group == group; })) {
            return Error::from_errno(errnum, "cannot list interfaces");
        }
        if (!taken) {
            return group;
        }
    }
}

}  // namespace

Result<std::optional<LinkInfo>> find_link(std::string_view name, const Tracer& tracer) {
    const std::vector<std::optional<LinkInfo>> links =
        NET_TRY(find_links({std::string(name)}, tracer));
    return links.front();
}

Result<std::vector<std::optional<LinkInfo>>> find_links(const std::vector<std::string>& names,
                                                        const Tracer& tracer) {
    RouteSocket socket;
    const RouteTrace trace(socket, tracer);
    NET_TRY(open_socket(socket));
    std::vector<std::optional<LinkInfo>> links;
    links.reserve(names.size());
    for (const std::string& name : names) {
        LinkInfo link;
        const int errnum = query_link(socket, name.c_str(), link);
        if (errnum == 0) {
            links.emplace_back(link);
        } else if (errnum == ENODEV) {
            links.emplace_back();
        } else {
            return Error::from_errno(errnum, "cannot look up interface '" + name + "'");
        }
    }
    return links;
}

Result<void> delete_link(unsigned index, const Tracer& tracer) {
    RouteSocket socket;
    const RouteTrace trace(socket, tracer);
    NET_TRY(open_socket(socket));
    if (const int errnum = delete_link(socket, index)) {
        return Error::from_errno(errnum, "cannot delete an interface");
    }
    return {};
}

Result<void> delete_links(const std::vector<unsigned>& indices, const Tracer& tracer) {
    RouteSocket socket;
    const RouteTrace trace(socket, tracer);
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

}  // namespace qnetdev
