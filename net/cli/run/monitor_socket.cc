// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "net/cli/run/monitor_address.h"
#include "net/cli/run/service.h"

namespace qnetdev::cli {
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

/// What connecting to that very file, whatever its name, fails with; 0 if it does not.
int connect_error(int file) {
    const Result<sockaddr_un> address = unix_address("/proc/self/fd/" + std::to_string(file));
    const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const bool connected = probe && connect(probe.get(), generic(*address), sizeof *address) == 0;
    return connected ? 0 : errno;
}

/// Removes a socket file whose server is gone. Anything else stays, and bind() will complain.
void remove_stale(const FilePlace& place) {
    const UniqueFd file = place.look();
    struct stat status = {};
    if (file && fstat(file.get(), &status) == 0 && S_ISSOCK(status.st_mode) &&
        connect_error(file.get()) == ECONNREFUSED && place.names(file.get())) {
        place.remove();
    }
}

/// The kernel makes the file with that mode. Nobody can connect before listen(), so that whoever
/// it names may still be changed.
Result<void> bind_with_mode(int fd, const sockaddr_un& address, mode_t mode) {
    const mode_t mask = umask(0777 & ~mode);
    const int bound = bind(fd, generic(address), sizeof address);
    const int errnum = errno;
    (void)umask(mask);
    return bound == 0 ? Result<void>() : Error::from_errno(errnum, address.sun_path);
}

/// Changes the very file that was bound: a socket of ours on which nobody listens yet.
Result<void> set_group(int file, const std::string& path, gid_t group) {
    struct stat status = {};
    if (fstat(file, &status) != 0 || !S_ISSOCK(status.st_mode) || status.st_uid != geteuid() ||
        connect_error(file) != ECONNREFUSED) {
        return Error("cannot make the socket " + path + ": it was replaced meanwhile")
            .with_hint("choose a folder where nobody else can write");
    }
    if (status.st_gid != group &&
        fchownat(file, "", static_cast<uid_t>(-1), group, AT_EMPTY_PATH) != 0) {
        return Error::from_errno(errno, path);
    }
    return {};
}

/// By its path, which is what ss(8) and clients then show, unless others could lead that elsewhere.
Result<sockaddr_un> address_to_bind(const FilePlace& where, const std::string& path) {
    if (where.is_fixed) {
        return unix_address(path);
    }
    Result<sockaddr_un> address =
        unix_address("/proc/self/fd/" + std::to_string(where.folder.get()) + "/" + where.name);
    if (!address) {
        return Error("the name of the socket " + path + " is too long for this folder")
            .with_hint("choose a shorter one, or a folder that no other user can exchange");
    }
    return address;
}

Result<MonitorSocket> make_listener(const MonitorAddress::Unix& place) {
    NET_TRY(unix_address(place.path));
    UniqueFd fd = NET_TRY(make_socket(AF_UNIX));
    MonitorSocket made{.fd = std::move(fd), .listens = true};
    Result<FilePlace> found = FilePlace::find(place.path);
    if (!found) {
        return found.error().errnum() != 0
                   ? std::move(found).error()
                   : std::move(found).error().with_prefix("cannot make the socket " + place.path);
    }
    FilePlace where = *std::move(found);
    const sockaddr_un address = NET_TRY(address_to_bind(where, place.path));
    const UniqueFd lock = where.lock();
    remove_stale(where);
    NET_TRY(bind_with_mode(made.fd.get(), address, place.mode));
    UniqueFd file = where.look();
    const int number = file.get();
    if (!file) {
        return Error::from_errno(errno, place.path);
    }
    made.file.emplace(std::move(where), std::move(file));
    if (place.group) {
        NET_TRY(set_group(number, place.path, *place.group));
    }
    if (listen(made.fd.get(), kWaitingClients) != 0) {
        return Error::from_errno(errno, place.path);
    }
    return made;
}

Result<MonitorSocket> listen_unix(const MonitorAddress::Unix& place) {
    Result<MonitorSocket> made = make_listener(place);
    if (!made && made.error().errnum() != 0) {
        return Error::from_errno(made.error().errnum(), "cannot make the socket " + place.path);
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

}  // namespace qnetdev::cli
