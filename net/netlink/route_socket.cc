// SPDX-License-Identifier: MIT
#include "net/netlink/route_socket.h"

#include <sys/socket.h>

#include <cerrno>

namespace qnetdev {
namespace {

/// Between the answers and whom they are for.
struct Relay {
    RouteObserver* observer;
    mnl_cb_t callback;
    void* data;
};

int relay_answer(const nlmsghdr* answer, void* data) noexcept {
    const auto& relay = *static_cast<const Relay*>(data);
    relay.observer->on_answer(answer);
    return relay.callback != nullptr ? relay.callback(answer, relay.data) : MNL_CB_OK;
}

}  // namespace

RouteSocket::~RouteSocket() {
    if (socket_ != nullptr) {
        (void)mnl_socket_close(socket_);
    }
}

int RouteSocket::open() {
    socket_ = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket_ == nullptr || mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) < 0) {
        return told("open", errno);
    }
    return told("open", 0);
}

int RouteSocket::told(const char* call, int errnum) const {
    if (observer_ != nullptr) {
        observer_->called(call, errnum);
    }
    return errnum;
}

nlmsghdr* RouteSocket::request(std::uint16_t type, std::uint16_t flags) {
    nlmsghdr* message = mnl_nlmsg_put_header(buffer_);
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    message->nlmsg_seq = ++sequence_;
    return message;
}

nlmsghdr* RouteSocket::link_request(std::uint16_t type, std::uint16_t flags, unsigned index) {
    nlmsghdr* message = request(type, flags);
    auto* header = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
    header->ifi_index = static_cast<int>(index);
    return message;
}

int RouteSocket::run(nlmsghdr* message, mnl_cb_t callback, void* data) {
    if (observer_ == nullptr) {
        return converse(message, callback, data);
    }
    observer_->before_request(message);
    Relay relay = {observer_, callback, data};
    const int errnum = converse(message, relay_answer, &relay);
    observer_->after_request(errnum);
    return errnum;
}

int RouteSocket::converse(nlmsghdr* message, mnl_cb_t callback, void* data) {
    if (mnl_socket_sendto(socket_, message, message->nlmsg_len) < 0) {
        return errno;
    }
    int outcome = MNL_CB_OK;
    while (outcome > MNL_CB_STOP) {
        const ssize_t count = mnl_socket_recvfrom(socket_, buffer_, sizeof(buffer_));
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno;
        }
        outcome = mnl_cb_run(buffer_, static_cast<std::size_t>(count), sequence_,
                             mnl_socket_get_portid(socket_), callback, data);
    }
    return outcome < 0 ? errno : 0;
}

int RouteSocket::subscribe_to_links() {
    int group = RTNLGRP_LINK;
    const int failed =
        mnl_socket_setsockopt(socket_, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
    return told("join RTNLGRP_LINK", failed < 0 ? errno : 0);
}

void RouteSocket::drain() {
    while (recv(fd(), buffer_, sizeof(buffer_), MSG_DONTWAIT | MSG_TRUNC) > 0) {
    }
}

}  // namespace qnetdev
