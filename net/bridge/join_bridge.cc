// SPDX-License-Identifier: MIT
#include "net/bridge/join_bridge.h"

#include <linux/if_bridge.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "net/base/limits.h"
#include "net/netlink/link.h"
#include "net/netlink/route_trace.h"

namespace qnetdev {
namespace {

constexpr std::uint8_t kHighAddressByte = 0xfe;
constexpr std::size_t kShownName = 64;  // bytes; of a longer name only their number is told

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

Error bridge_error(Error error) {
    return std::move(error).with_param("br");
}

Error bridge_error(const std::string& bridge, const std::string& what) {
    return bridge_error(Error("bridge '" + bridge + "' " + what));
}

Result<void> open_socket(RouteSocket& socket) {
    if (const int errnum = socket.open()) {
        return bridge_error(Error::from_errno(errnum, "cannot open a netlink socket"));
    }
    return {};
}

Result<LinkInfo> find_bridge(RouteSocket& socket, const std::string& name) {
    if (name.size() >= limits::kInterfaceName || name.find('\0') != std::string::npos) {
        const std::string given =
            name.size() > kShownName ? "has " + std::to_string(name.size()) : "is '" + name + "'";
        return bridge_error(Error("'br' must have at most 15 bytes, but " + given));
    }
    LinkInfo link;
    if (const int errnum = query_link(socket, name.c_str(), link)) {
        const bool missing = errnum == ENODEV;
        return bridge_error(Error::from_errno(errnum, "bridge '" + name + "'"))
            .with_hint(missing ? "make it: ip link add " + name + " type bridge && ip link set " +
                                     name + " up"
                               : "");
    }
    if (!link.is_bridge()) {
        return bridge_error(Error("'" + name + "' is no bridge"));
    }
    if (!link.is_up) {
        return bridge_error(name, "is down").with_hint("set it up: ip link set " + name + " up");
    }
    return link;
}

Result<LinkInfo> find_port(RouteSocket& socket, const std::string& ifname) {
    LinkInfo link;
    if (const int errnum = query_link(socket, ifname.c_str(), link)) {
        return bridge_error(Error::from_errno(errnum, "cannot look up interface '" + ifname + "'"));
    }
    return link;
}

Error join_error(int errnum, const std::string& ifname, const std::string& bridge) {
    const bool denied = errnum == EPERM;
    return bridge_error(
               Error::from_errno(errnum, "cannot add '" + ifname + "' to bridge '" + bridge + "'"))
        .with_hint(denied ? "joining a bridge needs CAP_NET_ADMIN: use 'helper' instead, or have "
                            "the interface made and joined by an administrator"
                          : "");
}

std::string state_name(std::optional<std::uint8_t> state) {
    if (!state) {
        return "not a port any more";
    }
    switch (*state) {
        case BR_STATE_DISABLED:
            return "disabled";
        case BR_STATE_LISTENING:
            return "listening";
        case BR_STATE_LEARNING:
            return "learning";
        case BR_STATE_BLOCKING:
            return "blocking";
        default:
            return "state " + std::to_string(*state);
    }
}

/// How long a new port of the bridge may take to forward.
milliseconds forwarding_bound(const LinkInfo& bridge) {
    const milliseconds stp(bridge.bridge.stp ? std::uint64_t{20} * bridge.bridge.forward_delay : 0);
    return std::min<milliseconds>(stp + limits::kForwardingGrace, limits::kForwardingLimit);
}

/// Waits until an interface changes or `left` has passed; false if it was cancelled.
bool wait_for_change(RouteSocket& events, milliseconds left, int cancel_fd) {
    // Now and then without a message too: one may be lost when the socket's buffer is full.
    constexpr milliseconds kLookAgain{500};
    std::array<pollfd, 2> fds{{{events.fd(), POLLIN, 0}, {cancel_fd, POLLIN, 0}}};
    const auto timeout = std::clamp(left, milliseconds(1), kLookAgain);
    const int ready = poll(fds.data(), fds.size(), static_cast<int>(timeout.count()));
    events.drain();
    return ready <= 0 || fds[1].revents == 0;
}

}  // namespace

Result<JoinedPort> join_bridge(const std::string& ifname, const std::string& bridge,
                               const Tracer& tracer) {
    RouteSocket socket;
    const RouteTrace trace(socket, tracer);
    NET_TRY(open_socket(socket));
    const LinkInfo master = NET_TRY(find_bridge(socket, bridge));
    const LinkInfo link = NET_TRY(find_port(socket, ifname));
    JoinedPort port{.ifname = ifname,
                    .bridge = bridge,
                    .index = link.index,
                    .leave = link.tun.persistent && link.master != master.index,
                    .mtu_before = link.mtu,
                    .was_up = link.is_up};
    if (link.master == master.index && link.mtu == master.mtu && link.is_up) {
        return port;
    }
    if (link.master != 0 && link.master != master.index) {
        return bridge_error(Error("interface '" + ifname + "' belongs to another bridge than '" +
                                  bridge + "'"))
            .with_hint("take it out first: ip link set " + ifname + " nomaster");
    }
    PortSettings settings{.index = link.index, .bridge = master.index};
    if (link.mtu != master.mtu) {
        settings.mtu = master.mtu;
    }
    if (!link.tun.persistent && link.master == 0) {
        settings.address = link.address;
        settings.address->bytes.front() = kHighAddressByte;
    }
    if (const int errnum = set_bridge_port(socket, settings)) {
        (void)set_bridge_port(socket, {.index = link.index,
                                       .bridge = link.master,
                                       .up = link.is_up,
                                       .mtu = link.mtu,
                                       .address = link.address});
        return join_error(errnum, ifname, bridge);
    }
    return port;
}

Result<void> leave_bridge(const JoinedPort& port, const Tracer& tracer) {
    if (!port.leave) {
        return {};
    }
    RouteSocket socket;
    const RouteTrace trace(socket, tracer);
    NET_TRY(open_socket(socket));
    const int errnum = set_bridge_port(
        socket, {.index = port.index, .bridge = 0, .up = port.was_up, .mtu = port.mtu_before});
    if (errnum != 0 && errnum != ENODEV) {
        return bridge_error(Error::from_errno(
            errnum, "cannot take '" + port.ifname + "' out of bridge '" + port.bridge + "'"));
    }
    return {};
}

Result<void> await_forwarding(const JoinedPort& port, int cancel_fd, const Tracer& tracer) {
    RouteSocket events;
    RouteSocket socket;
    const RouteTrace events_trace(events, tracer);
    const RouteTrace trace(socket, tracer);
    NET_TRY(open_socket(events));
    NET_TRY(open_socket(socket));
    if (const int errnum = events.subscribe_to_links()) {
        return bridge_error(Error::from_errno(errnum, "cannot watch interfaces"));
    }
    const LinkInfo bridge = NET_TRY(find_bridge(socket, port.bridge));
    const milliseconds bound = forwarding_bound(bridge);
    const auto deadline = Clock::now() + bound;
    while (true) {
        const LinkInfo link = NET_TRY(find_port(socket, port.ifname));
        if (link.port_state == BR_STATE_FORWARDING && link.master == bridge.index) {
            return {};
        }
        const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) {
            return bridge_error(port.bridge, "does not forward for '" + port.ifname + "' after " +
                                                 std::to_string(bound.count()) +
                                                 " ms: " + state_name(link.port_state))
                .with_hint(bridge.bridge.stp
                               ? "its spanning tree keeps the port shut: see bridge link"
                               : "see bridge link and ip link for the state of the port");
        }
        if (!wait_for_change(events, left, cancel_fd)) {
            return bridge_error(port.bridge, "was waited for, but interrupted");
        }
    }
}

}  // namespace qnetdev
