// SPDX-License-Identifier: MIT
#include "net/base/receive_fds.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "net/base/send_fds.h"

namespace qnetdev {
namespace {

void adopt_fds(const cmsghdr* header, std::vector<UniqueFd>& fds) {
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
        fds.emplace_back(fd);
    }
}

}  // namespace

Result<FdMessage> receive_fds(int socket, std::span<char> buffer) {
    iovec piece = {buffer.data(), buffer.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxFdsPerMessage * sizeof(int))];
    msghdr message = {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    ssize_t count = -1;
    do {
        count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return Error::from_errno(errno, "recvmsg");
    }
    FdMessage received{.length = static_cast<std::size_t>(count),
                       .truncated = (message.msg_flags & MSG_CTRUNC) != 0};
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            adopt_fds(header, received.fds);
        }
    }
    return received;
}

}  // namespace qnetdev
