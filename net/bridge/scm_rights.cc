// SPDX-License-Identifier: MIT
#include "net/bridge/scm_rights.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "net/bridge/helper_answer.h"

namespace net {
namespace {

struct ControlBuffer {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(kMaxFdsPerMessage * sizeof(int))> bytes{};
};

void adopt_fds(const cmsghdr* header, std::vector<UniqueFd>& fds) {
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
        fds.emplace_back(fd);
    }
}

}  // namespace

Result<FdMessage> receive_fds(int socket) {
    FdMessage received;
    iovec piece = {&received.data, 1};
    ControlBuffer control;
    msghdr message = {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();

    ssize_t count = 0;
    do {
        count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    // A peer that ends with data of ours unread resets the connection, which is its end all the
    // same.
    if (count < 0 && errno == ECONNRESET) {
        count = 0;
        message.msg_controllen = 0;
    }
    if (count < 0) {
        return Error::from_errno(errno, "recvmsg");
    }
    received.end_of_file = count == 0;
    received.truncated = (message.msg_flags & MSG_CTRUNC) != 0;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            adopt_fds(header, received.fds);
        }
    }
    return received;
}

std::string receive_text(int socket, std::size_t limit) {
    std::string text(limit, '\0');
    std::size_t size = 0;
    while (size < limit) {
        const ssize_t count = recv(socket, text.data() + size, limit - size, MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            break;
        }
        size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    return text;
}

Result<void> send_fds(int socket, const std::vector<int>& fds) {
    assert(!fds.empty() && fds.size() <= kMaxFdsPerMessage);
    std::byte data{};
    iovec piece = {&data, 1};
    ControlBuffer control;
    msghdr message = {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
    while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) {
            return Error::from_errno(errno, "sendmsg");
        }
    }
    return {};
}

}  // namespace net
