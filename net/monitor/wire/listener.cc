// SPDX-License-Identifier: MIT
#include "net/monitor/wire/listener.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

namespace qnetdev {
namespace {

/// How long nobody is accepted once the process is out of descriptors, or must close some first.
constexpr std::chrono::milliseconds kRetry{500};

bool is_transient(int errnum) {
    return errnum == EAGAIN || errnum == EWOULDBLOCK || errnum == EINTR || errnum == ECONNABORTED;
}

}  // namespace

Result<void> Listener::start(UniqueFd socket) {
    const std::string what = "descriptor " + std::to_string(socket.get());
    int listens = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) {
        return Error::from_errno(errno, what);
    }
    if (listens == 0) {
        return Error(what + " is not a listening socket");
    }
    const int flags = fcntl(socket.get(), F_GETFL);
    if (flags < 0 || fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
        return Error::from_errno(errno, what);
    }
    socket_ = std::move(socket);
    return watch();
}

Result<void> Listener::watch() {
    watch_ = NET_TRY(
        FdWatch::create(loop_, socket_.get(), fd_readable, [this](unsigned) { accept_one(); }));
    return {};
}

/// One for each time round, so that others get their turn.
void Listener::accept_one() {
    if (!may_accept_()) {
        return pause();
    }
    UniqueFd client(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client) {
        return on_client_(std::move(client));
    }
    if (is_transient(errno)) {
        return;
    }
    log_.warning(Error::from_errno(errno, "cannot accept a monitor's client").message());
    pause();
}

UniqueFd Listener::release() {
    watch_.reset();
    retry_.reset();
    return std::move(socket_);
}

void Listener::pause() {
    watch_.reset();
    retry_ = Timer(loop_, kRetry, [this] {
        if (const Result<void> watched = watch(); !watched) {
            log_.warning(watched.error().message());
        }
    });
}

}  // namespace qnetdev
