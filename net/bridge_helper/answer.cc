// SPDX-License-Identifier: MIT
#include "net/bridge_helper/answer.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "net/base/limits.h"
#include "net/bridge/helper_answer.h"

namespace net::helper {
namespace {

// A parent that reads nothing must not keep us: the little we send fits any socket's buffer.
constexpr int kSendFlags = MSG_NOSIGNAL | MSG_DONTWAIT;

/// One message with the queues from `first` on. 0 or an errno.
int send_queues(int socket, const Device& device, std::size_t first, std::size_t count) {
    char data = kDescriptorMarker;
    iovec piece = {&data, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxFdsPerMessage * sizeof(int))] = {};
    msghdr message = {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (std::size_t i = 0; i < count; ++i) {
        const int fd = device.queues[first + i].get();
        std::memcpy(CMSG_DATA(header) + i * sizeof(int), &fd, sizeof(int));
    }
    while (sendmsg(socket, &message, kSendFlags) < 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace

bool send_device(int socket, const Device& device, Refusal& why) {
    for (std::size_t first = 0; first < device.count; first += kMaxFdsPerMessage) {
        const std::size_t left = device.count - first;
        const std::size_t count = left < kMaxFdsPerMessage ? left : kMaxFdsPerMessage;
        if (const int errnum = send_queues(socket, device, first, count)) {
            why.set_errno("cannot send the descriptors to the parent", errnum);
            if (errnum == ETOOMANYREFS) {
                why.hint.add("raise the limit on open files of the process that runs the helper");
            }
            return false;
        }
    }
    return true;
}

void send_refusal(int socket, const Refusal& why) {
    FixedText<limits::bridge_helper::kReason> text;
    text.add({&kRefusalMarker, 1}).add(why.message.view());
    if (!why.hint.empty()) {
        text.add("\n").add(why.hint.view());
    }
    (void)send(socket, text.c_str(), text.view().size(), kSendFlags);
}

}  // namespace net::helper
