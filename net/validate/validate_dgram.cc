// SPDX-License-Identifier: MIT
#include <optional>
#include <string>
#include <variant>

#include "net/validate/addresses.h"
#include "net/validate/rules.h"

namespace qnetdev {
namespace {

using Dgram = qapi::NetdevDgramOptions;
using Address = qapi::SocketAddress;
using Inet = qapi::InetSocketAddress;
using Unix = qapi::UnixSocketAddress;
using Fd = qapi::FdSocketAddress;

constexpr std::size_t kSocketPath = 107;  // sun_path of <sys/un.h> without its NUL

enum class Reach { group, single, unknown };

Reach reach_of(const Address& remote) {
    const auto* inet = std::get_if<Inet>(&remote.branch);
    if (inet == nullptr) {
        return Reach::single;
    }
    const std::optional<Ipv4> address = known_address(inet->host);
    if (!address) {
        return Reach::unknown;
    }
    return is_multicast(*address) ? Reach::group : Reach::single;
}

std::string type_name(const Address& address) {
    return std::visit([](const auto& branch) { return std::string(qapi::enum_name(branch.kTag)); },
                      address.branch);
}

void check_inet(const std::string& side, const Inet& inet, std::vector<Error>& broken) {
    check_host(side + ".host", inet.host, broken);
    check_port(side + ".port", inet.port, broken);
}

void check_path(const std::string& side, const Unix& address, std::vector<Error>& broken) {
    if (address.path.size() > kSocketPath) {
        broken.push_back(broken_rule(in_quotes(side + ".path") + " must have at most " +
                                         std::to_string(kSocketPath) + " bytes, but has " +
                                         std::to_string(address.path.size()),
                                     side + ".path"));
    }
}

/// What is found by the way.
struct Findings {
    std::vector<Error>& broken;
    std::vector<FdRef>& fds;
};

void read_local_fd(const Fd& fd, NetdevOrigin origin, Findings found) {
    if (std::optional<FdRef> ref = read_fd("local.str", fd.str, origin, found.broken)) {
        found.fds.push_back(*std::move(ref));
    }
}

void check_local_of_group(const Address& local, NetdevOrigin origin, Findings found) {
    if (const auto* fd = std::get_if<Fd>(&local.branch)) {
        read_local_fd(*fd, origin, found);
    } else if (const auto* inet = std::get_if<Inet>(&local.branch)) {
        if (!parse_ipv4(inet->host)) {
            // About no member, since QEMU calls it by the name that the socket type has for it.
            found.broken.push_back(
                broken_rule("'local.host' must be an IPv4 address, as the localaddr "
                            "of a multicast group, not " +
                                in_quotes(inet->host),
                            ""));
        }
    } else {
        found.broken.push_back(broken_rule(
            "'local' must be of type inet or fd with a multicast group, not " + type_name(local),
            "local"));
    }
}

/// What is wrong with a pair of single addresses, if anything: QEMU's first finding.
std::optional<Error> broken_pair(const Dgram& dgram, Reach reach) {
    if (!dgram.local) {
        return reach == Reach::unknown
                   ? std::nullopt
                   : std::optional(broken_rule("'local' must be given, as 'remote' is no multicast "
                                               "group",
                                               "local"));
    }
    const bool local_is_fd = std::holds_alternative<Fd>(dgram.local->branch);
    if (local_is_fd) {
        return reach == Reach::unknown
                   ? std::nullopt
                   : std::optional(broken_rule("'remote' cannot be used with 'local' of type fd, "
                                               "unless it is a multicast group",
                                               "remote"));
    }
    if (dgram.local->branch.index() != dgram.remote->branch.index()) {
        return broken_rule("'remote' must be of the same type as 'local', which is " +
                               type_name(*dgram.local) + ", not " + type_name(*dgram.remote),
                           "remote");
    }
    if (!std::holds_alternative<Inet>(dgram.local->branch) &&
        !std::holds_alternative<Unix>(dgram.local->branch)) {
        return broken_rule(
            "'local' must be of type inet, unix or fd, not " + type_name(*dgram.local), "local");
    }
    return std::nullopt;
}

void check_pair(const Dgram& dgram, Reach reach, std::vector<Error>& broken) {
    if (std::optional<Error> error = broken_pair(dgram, reach)) {
        broken.push_back(*std::move(error));
        return;
    }
    if (!dgram.local) {
        return;
    }
    if (const auto* inet = std::get_if<Inet>(&dgram.local->branch)) {
        check_inet("local", *inet, broken);
    } else if (const auto* local = std::get_if<Unix>(&dgram.local->branch)) {
        check_path("local", *local, broken);
        check_path("remote", std::get<Unix>(dgram.remote->branch), broken);
    }
}

void check_alone(const Dgram& dgram, NetdevOrigin origin, Findings found) {
    if (!dgram.local) {
        found.broken.push_back(
            broken_rule("'local' must be given", "local")
                .with_hint("it is the socket of this end, such as local.type=inet,"
                           "local.host=127.0.0.1,local.port=4000"));
    } else if (const auto* fd = std::get_if<Fd>(&dgram.local->branch)) {
        read_local_fd(*fd, origin, found);
    } else {
        found.broken.push_back(broken_rule(
            "'remote' must be given with 'local' of type " + type_name(*dgram.local), "remote"));
    }
}

}  // namespace

std::vector<Error> validate_dgram(const Dgram& dgram, NetdevOrigin origin,
                                  std::vector<FdRef>& fds) {
    std::vector<Error> broken;
    if (!dgram.remote) {
        check_alone(dgram, origin, {broken, fds});
        return broken;
    }
    if (const auto* inet = std::get_if<Inet>(&dgram.remote->branch)) {
        check_inet("remote", *inet, broken);
        if (!broken.empty() && reach_of(*dgram.remote) == Reach::unknown) {
            return broken;  // no more can be told without the address
        }
    }
    const Reach reach = reach_of(*dgram.remote);
    if (reach == Reach::group) {
        if (dgram.local) {
            check_local_of_group(*dgram.local, origin, {broken, fds});
        }
    } else {
        check_pair(dgram, reach, broken);
    }
    return broken;
}

}  // namespace qnetdev
