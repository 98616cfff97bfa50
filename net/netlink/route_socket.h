// SPDX-License-Identifier: MIT
#pragma once

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include <cstddef>
#include <cstdint>

namespace qnetdev {

/// Told of what a RouteSocket does: for traces. Not owned by it.
class RouteObserver {
public:
    RouteObserver() = default;
    RouteObserver(const RouteObserver&) = delete;
    RouteObserver& operator=(const RouteObserver&) = delete;

    /// Opened, or made to receive what befalls interfaces.
    virtual void called(const char* name, int errnum) = 0;
    virtual void before_request(const nlmsghdr* request) = 0;
    virtual void on_answer(const nlmsghdr* answer) = 0;
    virtual void after_request(int errnum) = 0;

protected:
    ~RouteObserver() = default;
};

/// A route netlink socket for a few requests, each answered before the next is sent.
///
/// Errors are errno values. Like everything in this file and in link.h it needs no C++
/// runtime: the set-uid helper uses it as well. Large (its buffer), and neither copied nor moved.
class RouteSocket {
public:
    RouteSocket() = default;
    RouteSocket(const RouteSocket&) = delete;
    RouteSocket& operator=(const RouteSocket&) = delete;
    ~RouteSocket();

    /// It must live as long as requests are made.
    void observe(RouteObserver* observer) { observer_ = observer; }

    /// To be called once, before anything else. 0 or an errno.
    int open();

    /// Starts a request in the buffer; valid until the next request() or run().
    nlmsghdr* request(std::uint16_t type, std::uint16_t flags);
    /// The same with the header of a request about a link; index 0: none.
    nlmsghdr* link_request(std::uint16_t type, std::uint16_t flags, unsigned index);

    /// Sends and hands every answer to `callback` until the kernel says it is done. 0 or an errno.
    int run(nlmsghdr* message, mnl_cb_t callback, void* data);

    /// Lets the socket receive what befalls interfaces; it is then good for drain() only.
    int subscribe_to_links();
    int fd() const { return mnl_socket_get_fd(socket_); }
    /// Drops what has arrived, without waiting.
    void drain();

private:
    int converse(nlmsghdr* message, mnl_cb_t callback, void* data);
    int told(const char* call, int errnum) const;

    static constexpr std::size_t kBufferBytes = 16384;  // a link with all its attributes fits

    mnl_socket* socket_ = nullptr;
    RouteObserver* observer_ = nullptr;
    unsigned sequence_ = 0;
    alignas(nlmsghdr) char buffer_[kBufferBytes] = {};
};

/// libmnl's own loop macros are C only; its parsers with a callback are not.
template <class Visit>
int visit_attribute(const nlattr* attribute, void* data) noexcept {
    (*static_cast<Visit*>(data))(attribute);
    return MNL_CB_OK;
}

/// Calls `visit` with each attribute of a link.
template <class Visit>
void for_each_attribute(const nlmsghdr* message, Visit visit) {
    (void)mnl_attr_parse(message, sizeof(ifinfomsg), visit_attribute<Visit>, &visit);
}

template <class Visit>
void for_each_nested(const nlattr* parent, Visit visit) {
    (void)mnl_attr_parse_nested(parent, visit_attribute<Visit>, &visit);
}

}  // namespace qnetdev
