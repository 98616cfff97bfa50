// SPDX-License-Identifier: MIT
#include "net/monitor/wire/tcp_peer.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

#include "net/unique_fd.h"

namespace qnetdev {
namespace {

/// SO_NETNS_COOKIE in include/uapi/asm-generic/socket.h, since Linux 5.14.
constexpr int kNetnsCookie = 71;

/// An address and port as sock_diag wants them: an IPv4 address that an IPv6 socket uses is IPv4.
struct End {
    int family = AF_UNSPEC;
    std::array<std::uint32_t, 4> address = {};  ///< Network byte order; of IPv4 the first.
    std::uint16_t port = 0;                     ///< Network byte order.
    std::uint32_t scope = 0;                    ///< Interface of a link-local address.

    bool operator==(const End& other) const {
        return family == other.family && address == other.address && port == other.port;
    }
};

End make_end(int family, const void* address, std::uint16_t port, std::uint32_t scope = 0) {
    End end{.family = family, .port = port, .scope = scope};
    std::memcpy(end.address.data(), address, family == AF_INET ? 4 : 16);
    in6_addr mapped = {};
    std::memcpy(&mapped, end.address.data(), sizeof mapped);
    if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&mapped)) {
        end = {.family = AF_INET, .address = {end.address[3]}, .port = port};
    }
    return end;
}

/// End of a connection as getpeername() or getsockname() tells it.
Result<End> end_of(int socket, decltype(getpeername)* get_name) {
    sockaddr_storage name = {};
    socklen_t size = sizeof name;
    if (get_name(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
        return Error::from_errno(errno, "the connection has no address");
    }
    if (name.ss_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(name);
        return make_end(AF_INET, &in.sin_addr, in.sin_port);
    }
    if (name.ss_family == AF_INET6) {
        const auto& in6 = reinterpret_cast<const sockaddr_in6&>(name);
        return make_end(AF_INET6, &in6.sin6_addr, in6.sin6_port, in6.sin6_scope_id);
    }
    return Error("the connection is not of TCP");
}

/// Whether an address is this host's: no socket can be bound to another's.
bool is_local(const End& end) {
    const UniqueFd probe(socket(end.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in in = {};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = end.address[0];
    sockaddr_in6 in6 = {};
    in6.sin6_family = AF_INET6;
    in6.sin6_scope_id = end.scope;
    std::memcpy(&in6.sin6_addr, end.address.data(), sizeof in6.sin6_addr);
    const int bound = end.family == AF_INET
                          ? bind(probe.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in)
                          : bind(probe.get(), reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
    return bound == 0 || errno != EADDRNOTAVAIL;
}

bool same_namespace(int one, int other) {
    std::uint64_t cookies[2] = {};
    socklen_t size = sizeof cookies[0];
    return getsockopt(one, SOL_SOCKET, kNetnsCookie, &cookies[0], &size) != 0 ||
           getsockopt(other, SOL_SOCKET, kNetnsCookie, &cookies[1], &size) != 0 ||
           cookies[0] == cookies[1];
}

nlmsghdr* put_request(char* buffer, const End& from, const End& to) {
    nlmsghdr* message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message->nlmsg_flags = NLM_F_REQUEST;
    auto* request = static_cast<inet_diag_req_v2*>(
        mnl_nlmsg_put_extra_header(message, sizeof(inet_diag_req_v2)));
    request->sdiag_family = static_cast<std::uint8_t>(from.family);
    request->sdiag_protocol = IPPROTO_TCP;
    request->idiag_states = ~0U;
    request->id.idiag_sport = from.port;
    request->id.idiag_dport = to.port;
    request->id.idiag_if = from.scope;
    std::copy(from.address.begin(), from.address.end(), request->id.idiag_src);
    std::copy(to.address.begin(), to.address.end(), request->id.idiag_dst);
    std::fill(std::begin(request->id.idiag_cookie), std::end(request->id.idiag_cookie),
              INET_DIAG_NOCOOKIE);
    return message;
}

/// Owner of the socket that is connected from one end to the other; empty if the kernel knows none,
/// or one without an owner. It answers with a socket that listens there if nothing is connected,
/// and calls root the owner of what no process has open any more: those have no inode.
std::optional<uid_t> owner_in(const nlmsghdr& message, const End& from, const End& to) {
    if (message.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        mnl_nlmsg_get_payload_len(&message) < sizeof(inet_diag_msg)) {
        return std::nullopt;
    }
    const auto& found = *static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(&message));
    const inet_diag_sockid& id = found.id;
    const bool same = make_end(found.idiag_family, id.idiag_src, id.idiag_sport) == from &&
                      make_end(found.idiag_family, id.idiag_dst, id.idiag_dport) == to;
    if (!same || found.idiag_state == TCP_LISTEN || found.idiag_inode == 0) {
        return std::nullopt;
    }
    return found.idiag_uid;
}

/// The kernel answers before the request returns.
Result<std::optional<uid_t>> ask_owner(int connection, const End& from, const End& to) {
    const std::unique_ptr<mnl_socket, int (*)(mnl_socket*)> diag(
        mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC | SOCK_NONBLOCK), mnl_socket_close);
    if (!diag || mnl_socket_bind(diag.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
        return Error::from_errno(errno, "sock_diag");
    }
    if (!same_namespace(mnl_socket_get_fd(diag.get()), connection)) {
        return std::optional<uid_t>();
    }
    alignas(nlmsghdr) char buffer[4096] = {};
    const nlmsghdr* request = put_request(buffer, from, to);
    if (mnl_socket_sendto(diag.get(), request, request->nlmsg_len) < 0) {
        return Error::from_errno(errno, "sock_diag");
    }
    const ssize_t length = mnl_socket_recvfrom(diag.get(), buffer, sizeof buffer);
    if (length < 0) {
        return Error::from_errno(errno, "sock_diag");
    }
    const auto* answer = reinterpret_cast<const nlmsghdr*>(buffer);
    if (!mnl_nlmsg_ok(answer, static_cast<int>(length))) {
        return std::optional<uid_t>();
    }
    return owner_in(*answer, from, to);
}

}  // namespace

Result<std::optional<uid_t>> tcp_peer_uid(int socket) {
    const End peer = NET_TRY(end_of(socket, getpeername));
    const End ours = NET_TRY(end_of(socket, getsockname));
    const std::optional<uid_t> owner = NET_TRY(ask_owner(socket, peer, ours));
    if (!owner && is_local(peer)) {
        return Error("the kernel does not tell whose it is");
    }
    return owner;
}

}  // namespace qnetdev
