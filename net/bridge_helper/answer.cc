// SPDX-License-Identifier: MIT
#include "net/bridge_helper/answer.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "net/base/limits.h"
#include "net/base/send_fds.h"
#include "net/bridge/helper_answer.h"

namespace qnetdev::helper {
namespace {

// A parent that reads nothing must not keep us: the little we send fits any socket's buffer.
constexpr int kWithoutWaiting = MSG_DONTWAIT;

}  // namespace

bool send_device(int socket, const Device& device, Refusal& why) {
    std::array<int, limits::kTapQueues> fds = {};
    for (std::size_t i = 0; i < device.count; ++i) {
        fds[i] = device.queues[i].get();
    }
    const int errnum =
        send_fds(socket, kDescriptorMarker, {fds.data(), device.count}, kWithoutWaiting);
    if (errnum == 0) {
        return true;
    }
    why.set_errno("cannot send the descriptors to the parent", errnum);
    if (errnum == ETOOMANYREFS) {
        why.hint.add("raise the limit on open files of the process that runs the helper");
    }
    return false;
}

void send_refusal(int socket, const Refusal& why) {
    FixedText<limits::bridge_helper::kReason> text;
    text.add({&kRefusalMarker, 1}).add(why.message.view());
    if (!why.hint.empty()) {
        text.add("\n").add(why.hint.view());
    }
    (void)send(socket, text.c_str(), text.view().size(), kWithoutWaiting | MSG_NOSIGNAL);
}

}  // namespace qnetdev::helper
