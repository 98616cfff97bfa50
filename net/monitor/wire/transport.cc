// SPDX-License-Identifier: MIT
#include "net/monitor/wire/transport.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "net/base/receive_fds.h"

namespace qnetdev {
namespace {

/// Bytes of a command that are looked at again before a descriptor.
constexpr std::size_t kPeekedAgain = 512;

/// SO_PASSPIDFD in newer kernels' include/uapi/asm-generic/socket.h.
constexpr int kPassPidfd = 76;

bool is_transient(int errnum) {
    return errnum == EAGAIN || errnum == EWOULDBLOCK || errnum == EINTR;
}

/// Whether a read would not wait: there is something, or the end.
bool can_read(int fd) {
    pollfd poll_fd = {fd, POLLIN, 0};
    return poll(&poll_fd, 1, 0) == 1;
}

/// Whether a write of as much as a pipe takes at once would not wait.
bool can_write(int fd) {
    pollfd poll_fd = {fd, POLLOUT, 0};
    return poll(&poll_fd, 1, 0) == 1;
}

/// Bytes that one read of at most `size` would return, and whether descriptors may come with them.
struct Peeked {
    ssize_t length;
    /// Linux looks through all that waits, also behind those bytes.
    bool may_have_fds;
};

Peeked peek(int socket, std::span<char> buffer) {
    iovec part = {buffer.data(), buffer.size()};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    // Without room for control data the kernel says MSG_CTRUNC instead of making descriptors.
    const ssize_t length = recvmsg(socket, &message, MSG_PEEK | MSG_DONTWAIT);
    return {length, length >= 0 && (message.msg_flags & MSG_CTRUNC) != 0};
}

/// Length up to the first byte that can end a command of either kind of monitor, or all. Of braces
/// in a row, such as end a command with arguments, only the last one can.
std::size_t length_of_one_command(std::string_view bytes) {
    std::size_t end = bytes.find_first_of("}\r\n");
    if (end == bytes.npos) {
        return bytes.size();
    }
    while (bytes.substr(end, 2) == "}}") {
        ++end;
    }
    return end + 1;
}

Result<Transport::Received> describe_failure(int errnum) {
    if (is_transient(errnum)) {
        return Transport::Received{};
    }
    return Error::from_errno(errnum, "cannot read from the client");
}

Result<Transport::Received> describe(ssize_t length, std::vector<UniqueFd> fds = {}) {
    if (length < 0) {
        return describe_failure(errno);
    }
    return Transport::Received{static_cast<std::size_t>(length), length == 0, std::move(fds)};
}

}  // namespace

Result<Transport> Transport::from_socket(UniqueFd socket) {
    int domain = 0;
    socklen_t size = sizeof domain;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) {
        return Error::from_errno(errno, "descriptor " + std::to_string(socket.get()));
    }
    int type = 0;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
        return Error("descriptor " + std::to_string(socket.get()) + " is not a stream socket");
    }
    if (domain != AF_UNIX) {
        return Transport(Kind::other_socket, std::move(socket), UniqueFd());
    }
    // Credentials with every message would look like descriptors to peek().
    const int off = 0;
    (void)setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &off, sizeof off);
    (void)setsockopt(socket.get(), SOL_SOCKET, SO_PASSSEC, &off, sizeof off);
    (void)setsockopt(socket.get(), SOL_SOCKET, kPassPidfd, &off, sizeof off);
    return Transport(Kind::unix_socket, std::move(socket), UniqueFd());
}

Transport Transport::from_pipes(UniqueFd input, UniqueFd output) {
    return Transport(Kind::pipes, std::move(input), std::move(output));
}

Result<Transport::Received> Transport::receive_message(std::span<char> buffer) {
    Result<FdMessage> message = receive_fds(input(), buffer);
    if (!message) {
        return describe_failure(message.error().errnum());
    }
    if (!message->fds.empty()) {
        cut_ = 0;
    }
    return describe(static_cast<ssize_t>(message->length), std::move(message->fds));
}

Result<Transport::Received> Transport::receive(std::span<char> buffer) {
    if (kind_ == Kind::pipes) {
        // Somebody else who has the same pipe or terminal may have been quicker.
        return can_read(input()) ? describe(read(input(), buffer.data(), buffer.size()))
                                 : Received{};
    }
    if (kind_ == Kind::other_socket) {
        return describe(recv(input(), buffer.data(), buffer.size(), MSG_DONTWAIT));
    }
    if (cut_ > 0) {
        // So that many short commands before a descriptor do not all look at the same bytes.
        buffer = buffer.first(std::min({buffer.size(), cut_, kPeekedAgain}));
    }
    const Peeked peeked = peek(input(), buffer);
    if (peeked.length <= 0) {
        return describe(peeked.length);
    }
    const auto length = static_cast<std::size_t>(peeked.length);
    if (!peeked.may_have_fds) {
        cut_ -= std::min(cut_, length);
        return describe(recv(input(), buffer.data(), length, MSG_DONTWAIT));
    }
    const std::size_t taken = length_of_one_command({buffer.data(), length});
    cut_ = std::max(cut_, length) - taken;
    return receive_message(buffer.first(taken));
}

Result<std::size_t> Transport::send(std::string_view bytes) {
    ssize_t length = -1;
    if (kind_ != Kind::pipes) {
        length = ::send(output(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (can_write(output())) {
        length = write(output(), bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    } else {
        return std::size_t{0};
    }
    if (length < 0) {
        if (is_transient(errno)) {
            return std::size_t{0};
        }
        return Error::from_errno(errno, "cannot write to the client");
    }
    return static_cast<std::size_t>(length);
}

Result<PeerCredentials> Transport::peer() const {
    ucred credentials = {};
    socklen_t size = sizeof credentials;
    if (getsockopt(input(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return Error::from_errno(errno, "cannot tell who the client is");
    }
    return PeerCredentials{credentials.pid, credentials.uid, credentials.gid};
}

}  // namespace qnetdev
