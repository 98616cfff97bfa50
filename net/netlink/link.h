// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/netlink/link_info.h"
#include "net/netlink/route_socket.h"

/// Facts about interfaces, and changes to them, for the library and for the set-uid helper: no
/// allocation, no C++ runtime, errors are errno values (0: none). The library has more convenient
/// ones in rtnetlink.h.
namespace qnetdev {

/// What a message about an interface (RTM_NEWLINK) tells.
void read_link(const nlmsghdr* message, LinkInfo& link);

/// Asks by name, alternative ones included. ENODEV: there is no such interface.
int query_link(RouteSocket& socket, const char* name, LinkInfo& link);

/// Hands every interface of the namespace to `visit`; with a master, only what belongs to it.
/// EINTR: some came or went meanwhile. Start again, with a new socket.
int list_links(RouteSocket& socket, unsigned master, void (*visit)(const LinkInfo&, void*),
               void* data);

template <class Visit>
int list_links(RouteSocket& socket, unsigned master, Visit visit) {
    return list_links(
        socket, master,
        [](const LinkInfo& link, void* data) { (*static_cast<Visit*>(data))(link); }, &visit);
}

/// Deletes an interface, whoever has it.
int delete_link(RouteSocket& socket, unsigned index);

struct PortSettings {
    unsigned index = 0;   ///< The port.
    unsigned bridge = 0;  ///< Index of its bridge; 0: of none.
    bool up = true;
    std::optional<std::uint32_t> mtu = {};
    std::optional<MacAddress> address = {};
    std::string_view alias = {};  ///< Empty: as it is.
};

/// One request: MTU, address and alias as given, then member of the bridge or no more of any, then
/// up or down. If a later part fails, the kernel leaves the earlier ones in place.
int set_bridge_port(RouteSocket& socket, const PortSettings& settings);

}  // namespace qnetdev
