// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "net/cli/run/monitor_address.h"
#include "net/cli/run/service.h"

namespace net::cli {
namespace {

constexpr int kWaitingClients = 16;

Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error("the path '" + path + "' is longer than the " +
                     std::to_string(sizeof address.sun_path - 1) +
                     " bytes that a socket's path may have");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<UniqueFd> make_socket(int family) {
    UniqueFd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) {
        return Error::from_errno(errno, "cannot create a socket");
    }
    return fd;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

/// Removes a socket file whose server is gone. Anything else stays, and bind() will complain.
void remove_stale(const std::string& path, const sockaddr_un& address) {
    struct stat status = {};
    if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) {
        return;
    }
    const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (probe && connect(probe.get(), generic(address), sizeof address) != 0 &&
        errno == ECONNREFUSED) {
        (void)unlink(path.c_str());
    }
}

Result<MonitorSocket> listen_unix(const MonitorAddress::Unix& place) {
    const sockaddr_un address = NET_TRY(unix_address(place.path));
    UniqueFd fd = NET_TRY(make_socket(AF_UNIX));
    MonitorSocket made{.fd = std::move(fd), .listens = true};
    remove_stale(place.path, address);
    // Nobody may connect before the file has its mode and group.
    const mode_t mask = umask(0177);
    const int bound = bind(made.fd.get(), generic(address), sizeof address);
    const int errnum = errno;
    (void)umask(mask);
    if (bound != 0) {
        return Error::from_errno(errnum, "cannot make the socket " + place.path);
    }
    std::error_code unknown;
    made.unlink_path = std::filesystem::absolute(place.path, unknown);
    const bool owned =
        !place.group || chown(place.path.c_str(), static_cast<uid_t>(-1), *place.group) == 0;
    if (!owned || chmod(place.path.c_str(), place.mode) != 0 ||
        listen(made.fd.get(), kWaitingClients) != 0) {
        const Error error = Error::from_errno(errno, "socket " + place.path);
        (void)unlink(place.path.c_str());
        return error;
    }
    return made;
}

Result<MonitorSocket> connect_unix(const MonitorAddress::Unix& place) {
    const sockaddr_un address = NET_TRY(unix_address(place.path));
    UniqueFd fd = NET_TRY(make_socket(AF_UNIX));
    MonitorSocket made{.fd = std::move(fd)};
    if (connect(made.fd.get(), generic(address), sizeof address) != 0) {
        return Error::from_errno(errno, "cannot connect to " + place.path);
    }
    return made;
}

Result<MonitorSocket> try_tcp(const addrinfo& found, bool server) {
    UniqueFd owner = NET_TRY(make_socket(found.ai_family));
    const int fd = owner.get();
    MonitorSocket made{.fd = std::move(owner), .listens = server};
    const int on = 1;
    if (!server) {
        if (connect(fd, found.ai_addr, found.ai_addrlen) != 0) {
            return Error::from_errno(errno, "connect");
        }
        return made;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, found.ai_addr, found.ai_addrlen) != 0 || listen(fd, kWaitingClients) != 0) {
        return Error::from_errno(errno, "bind");
    }
    return made;
}

Result<MonitorSocket> open_tcp(const MonitorAddress::Tcp& place, bool server) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = server ? AI_PASSIVE : 0;
    addrinfo* list = nullptr;
    const std::string where = place.host + ":" + place.port;
    const int status = getaddrinfo(place.host.empty() ? nullptr : place.host.c_str(),
                                   place.port.c_str(), &hints, &list);
    if (status != 0) {
        return Error("cannot find " + where + ": " + gai_strerror(status));
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
    Result<MonitorSocket> made = Error("cannot find " + where);
    for (const addrinfo* found = list; found != nullptr && !made; found = found->ai_next) {
        made = try_tcp(*found, server);
    }
    if (!made) {
        return std::move(made).error().with_prefix(where);
    }
    return made;
}

Result<MonitorSocket> adopt(const MonitorAddress::Inherited& place) {
    NET_TRY(check_inherited(place.fd));
    int listens = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(place.fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) {
        return Error::from_errno(errno, "descriptor " + std::to_string(place.fd));
    }
    (void)fcntl(place.fd, F_SETFD, FD_CLOEXEC);
    return MonitorSocket{.fd = UniqueFd(place.fd), .listens = listens != 0};
}

}  // namespace

Result<MonitorSocket> open_monitor_socket(const MonitorAddress& address) {
    if (const auto* place = std::get_if<MonitorAddress::Unix>(&address.place)) {
        return address.server ? listen_unix(*place) : connect_unix(*place);
    }
    if (const auto* place = std::get_if<MonitorAddress::Tcp>(&address.place)) {
        return open_tcp(*place, address.server);
    }
    return adopt(std::get<MonitorAddress::Inherited>(address.place));
}

}  // namespace net::cli
