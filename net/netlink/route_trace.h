// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "net/base/tracer.h"
#include "net/netlink/link_info.h"
#include "net/netlink/route_socket.h"

namespace qnetdev {

/// Shows a tracer what a socket asks and how it is answered, such as
/// `netlink(RTM_NEWLINK tap0 master br0 up) = 0 (40 us)`. A line for each request, however many
/// messages the answer has. Declared after the socket, and not used by several threads at once.
///
/// Requests name interfaces by index: those that were in an earlier answer are shown by name.
class RouteTrace final : public RouteObserver {
public:
    /// If the tracer is off, the socket never hears of us.
    RouteTrace(RouteSocket& socket, const Tracer& tracer);

    void called(const char* name, int errnum) override;
    void before_request(const nlmsghdr* request) override;
    void on_answer(const nlmsghdr* answer) override;
    void after_request(int errnum) override;

private:
    std::string describe_request(const nlmsghdr* request) const;
    std::string name_of(unsigned index) const;

    Tracer tracer_;
    std::map<unsigned, std::string> names_ = {};
    Tracer::Clock::time_point start_ = {};
    std::string request_ = {};
    std::size_t answers_ = 0;
    std::string answer_ = {};
};

/// "RTM_GETLINK tap0", for who asks without seeing the request.
std::string trace_query(const std::string& name);
/// "RTM_DELLINK index 12".
std::string trace_deletion(unsigned index);
/// What is told of an interface: "tap0 index 12 kind tun mtu 1500 down".
std::string trace_link(const LinkInfo& link);

}  // namespace qnetdev
