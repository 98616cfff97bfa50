// SPDX-License-Identifier: MIT
#include "net/netlink/route_trace.h"

#include <linux/if.h>
#include <linux/if_link.h>

#include <array>
#include <cstring>

#include "net/base/mac_address.h"
#include "net/netlink/link.h"

namespace qnetdev {
namespace {

std::string type_name(unsigned type) {
    switch (type) {
        case RTM_NEWLINK:
            return "RTM_NEWLINK";
        case RTM_DELLINK:
            return "RTM_DELLINK";
        case RTM_GETLINK:
            return "RTM_GETLINK";
        case RTM_SETLINK:
            return "RTM_SETLINK";
        default:
            return "type " + std::to_string(type);
    }
}

std::string index_text(unsigned index) {
    return "index " + std::to_string(index);
}

std::string address_text(const nlattr* attribute) {
    MacAddress address;
    if (mnl_attr_get_payload_len(attribute) != address.bytes.size()) {
        return "address of another length";
    }
    std::memcpy(address.bytes.data(), mnl_attr_get_payload(attribute), address.bytes.size());
    return "address " + std::string(format_mac(address).view());
}

std::string number_text(const std::string& what, const nlattr* attribute) {
    return what + " " + std::to_string(mnl_attr_get_u32(attribute));
}

}  // namespace

RouteTrace::RouteTrace(RouteSocket& socket, const Tracer& tracer) : tracer_(tracer) {
    if (tracer_) {
        socket.observe(this);
    }
}

void RouteTrace::called(const char* name, int errnum) {
    if (errnum == 0 && std::string_view(name) == "open") {
        return;  // every request has a socket
    }
    tracer_.write("netlink", name, errnum == 0 ? "0" : "-1 " + trace_errno(errnum), {});
}

std::string RouteTrace::name_of(unsigned index) const {
    const auto known = names_.find(index);
    return known != names_.end() ? known->second : index_text(index);
}

std::string RouteTrace::describe_request(const nlmsghdr* request) const {
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(request));
    std::string text = type_name(request->nlmsg_type);
    const auto add = [&text](const std::string& word) { text.append(" ").append(word); };
    if ((request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
        add("all");
    }
    if (header->ifi_index != 0) {
        add(name_of(static_cast<unsigned>(header->ifi_index)));
    }
    for_each_attribute(request, [&](const nlattr* attribute) {
        switch (mnl_attr_get_type(attribute)) {
            case IFLA_IFNAME:
                return add(trace_word(mnl_attr_get_str(attribute)));
            case IFLA_MTU:
                return add(number_text("mtu", attribute));
            case IFLA_ADDRESS:
                return add(address_text(attribute));
            case IFLA_GROUP:
                return add(number_text("group", attribute));
            case IFLA_MASTER:
                return add(mnl_attr_get_u32(attribute) == 0
                               ? "nomaster"
                               : "master " + name_of(mnl_attr_get_u32(attribute)));
            default:
                return add("attribute " + std::to_string(mnl_attr_get_type(attribute)));
        }
    });
    if ((header->ifi_change & IFF_UP) != 0) {
        add((header->ifi_flags & IFF_UP) != 0 ? "up" : "down");
    }
    return text;
}

void RouteTrace::before_request(const nlmsghdr* request) {
    request_ = describe_request(request);
    answers_ = 0;
    start_ = Tracer::Clock::now();
}

void RouteTrace::on_answer(const nlmsghdr* answer) {
    if (answer->nlmsg_type != RTM_NEWLINK) {
        return;
    }
    LinkInfo link;
    read_link(answer, link);
    names_.insert_or_assign(link.index, trace_word(link.name.view()));
    ++answers_;
    answer_ = trace_link(link);
}

void RouteTrace::after_request(int errnum) {
    const auto took = Tracer::Clock::now() - start_;
    std::string result = errnum == 0 ? "0" : "-1 " + trace_errno(errnum);
    if (errnum == 0 && answers_ > 0) {
        result += " " + (answers_ == 1 ? answer_ : std::to_string(answers_) + " interfaces");
    }
    tracer_.write("netlink", request_, result, took);
}

std::string trace_query(const std::string& name) {
    return type_name(RTM_GETLINK) + " " + trace_word(name);
}

std::string trace_deletion(unsigned index) {
    return type_name(RTM_DELLINK) + " " + index_text(index);
}

std::string trace_link(const LinkInfo& link) {
    std::string text = trace_word(link.name.view()) + " " + index_text(link.index);
    const auto add = [&text](std::string_view what, const std::string& value = {}) {
        text.append(" ").append(what).append(value.empty() ? "" : " ").append(value);
    };
    if (!link.kind.empty()) {
        add("kind", trace_word(link.kind.view()));
    }
    add("mtu", std::to_string(link.mtu));
    add(link.is_up ? "up" : "down");
    if (link.master != 0) {
        add("master", index_text(link.master));
    }
    if (link.port_state) {
        // BR_STATE_* in <linux/if_bridge.h>.
        constexpr std::array kStates{"disabled", "listening", "learning", "forwarding", "blocking"};
        add("port", *link.port_state < kStates.size() ? kStates[*link.port_state]
                                                      : std::to_string(*link.port_state));
    }
    if (link.is_tun()) {
        add(link.tun.is_tap ? "tap" : "tun");
        link.tun.multi_queue ? add("multi_queue") : void();
        link.tun.persistent ? add("persistent") : void();
        link.tun.queues ? add("queues", std::to_string(*link.tun.queues)) : void();
        link.tun.owner ? add("owner", std::to_string(*link.tun.owner)) : void();
    }
    return text;
}

}  // namespace qnetdev
