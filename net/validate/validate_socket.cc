// SPDX-License-Identifier: MIT
#include <optional>
#include <string>

#include "net/validate/addresses.h"
#include "net/validate/rules.h"

namespace qnetdev {
namespace {

using Socket = qapi::NetdevSocketOptions;

void check_mode(const Socket& socket, std::vector<Error>& broken) {
    std::string given;
    int count = 0;
    const auto add = [&](const char* name, const std::optional<std::string>& value) {
        if (value) {
            given += (count++ > 0 ? " and " : "") + in_quotes(name);
        }
    };
    add("fd", socket.fd);
    add("listen", socket.listen);
    add("connect", socket.connect);
    add("mcast", socket.mcast);
    add("udp", socket.udp);
    if (count != 1) {
        broken.push_back(
            broken_rule(
                "exactly one of 'fd', 'listen', 'connect', 'mcast' and 'udp' must be given, "
                "not " +
                    (count == 0 ? "none" : given),
                "")
                .with_hint(count == 0 ? "for example listen=:4000" : "drop all but one of them"));
    }
}

void check_localaddr(const Socket& socket, std::vector<Error>& broken) {
    if (socket.localaddr && !socket.mcast && !socket.udp) {
        broken.push_back(
            broken_rule("'localaddr' can be used only with 'mcast' or 'udp'", "localaddr"));
    }
}

void check_mcast(const Socket& socket, std::vector<Error>& broken) {
    if (!socket.mcast) {
        return;
    }
    check_host_port("mcast", *socket.mcast, broken);
    if (socket.localaddr && !socket.udp && !parse_ipv4(*socket.localaddr)) {
        broken.push_back(
            broken_rule("'localaddr' must be an IPv4 address, not " + in_quotes(*socket.localaddr),
                        "localaddr")
                .with_hint("with 'mcast' it has no port"));
    }
    const std::size_t colon = socket.mcast->find(':');
    const std::optional<Ipv4> group =
        colon != std::string::npos ? known_address(socket.mcast->substr(0, colon)) : std::nullopt;
    if (group && !is_multicast(*group)) {
        broken.push_back(broken_rule("'mcast' must name a multicast group, but " +
                                         ipv4_text(*group) + " is none",
                                     "mcast")
                             .with_hint("groups are 224.0.0.0 to 239.255.255.255"));
    }
}

void check_udp(const Socket& socket, std::vector<Error>& broken) {
    if (!socket.udp) {
        return;
    }
    if (!socket.localaddr) {
        broken.push_back(
            broken_rule("'udp' needs 'localaddr', the HOST:PORT to receive at", "localaddr"));
    } else if (!socket.mcast) {
        check_host_port("localaddr", *socket.localaddr, broken);
    }
    check_host_port("udp", *socket.udp, broken);
}

}  // namespace

std::vector<Error> validate_socket(const Socket& socket, NetdevOrigin origin,
                                   std::vector<FdRef>& fds) {
    std::vector<Error> broken;
    check_mode(socket, broken);
    check_localaddr(socket, broken);
    if (socket.fd) {
        if (std::optional<FdRef> fd = read_fd("fd", *socket.fd, origin, broken)) {
            fds.push_back(*std::move(fd));
        }
    }
    if (socket.listen) {
        check_host_port("listen", *socket.listen, broken);
    }
    if (socket.connect) {
        check_host_port("connect", *socket.connect, broken);
    }
    check_mcast(socket, broken);
    check_udp(socket, broken);
    return broken;
}

}  // namespace qnetdev
