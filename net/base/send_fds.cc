// SPDX-License-Identifier: MIT
#include "net/base/send_fds.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace qnetdev {

ssize_t send_with_fds(int socket, std::string_view data, std::span<const int> fds, int flags) {
    assert(!data.empty() && fds.size() <= kMaxFdsPerMessage);
    iovec piece = {const_cast<char*>(data.data()), data.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxFdsPerMessage * sizeof(int))] = {};
    msghdr message = {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }
    ssize_t count = -1;
    do {
        count = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return count;
}

int send_fds(int socket, char marker, std::span<const int> fds, int flags) {
    while (!fds.empty()) {
        const std::size_t count = std::min(fds.size(), kMaxFdsPerMessage);
        if (send_with_fds(socket, {&marker, 1}, fds.first(count), flags) < 0) {
            return errno;
        }
        fds = fds.subspan(count);
    }
    return 0;
}

}  // namespace qnetdev
