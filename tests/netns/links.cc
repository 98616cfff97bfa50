// SPDX-License-Identifier: MIT
#include "tests/netns/links.h"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

template <class Visit>
int visit_attribute(const nlattr* attribute, void* data) {
    (*static_cast<Visit*>(data))(mnl_attr_get_type(attribute), attribute);
    return MNL_CB_OK;
}

template <class Visit>
void for_each_nested(const nlattr* parent, Visit visit) {
    mnl_attr_parse_nested(parent, visit_attribute<Visit>, &visit);
}

void read_tun(const nlattr* data, Link& link) {
    for_each_nested(data, [&link](unsigned type, const nlattr* attribute) {
        switch (type) {
            case IFLA_TUN_TYPE:
                link.tap = mnl_attr_get_u8(attribute) == IFF_TAP;
                break;
            case IFLA_TUN_VNET_HDR:
                link.vnet_hdr = mnl_attr_get_u8(attribute) != 0;
                break;
            case IFLA_TUN_MULTI_QUEUE:
                link.multi_queue = mnl_attr_get_u8(attribute) != 0;
                break;
            case IFLA_TUN_PERSIST:
                link.persistent = mnl_attr_get_u8(attribute) != 0;
                break;
            case IFLA_TUN_NUM_QUEUES:
                link.queues = mnl_attr_get_u32(attribute);
                break;
            case IFLA_TUN_NUM_DISABLED_QUEUES:
                link.disabled_queues = mnl_attr_get_u32(attribute);
                break;
            default:
                break;
        }
    });
}

void read_info(const nlattr* info, Link& link) {
    const nlattr* data = nullptr;
    for_each_nested(info, [&](unsigned type, const nlattr* attribute) {
        if (type == IFLA_INFO_KIND) {
            link.kind = mnl_attr_get_str(attribute);
        } else if (type == IFLA_INFO_DATA) {
            data = attribute;
        }
    });
    if (link.kind == "tun" && data != nullptr) {
        read_tun(data, link);
    }
}

int on_link(const nlmsghdr* message, void* data) {
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    std::string name;
    Link link;
    link.index = static_cast<unsigned>(header->ifi_index);
    link.up = (header->ifi_flags & IFF_UP) != 0;
    auto visit = [&](unsigned type, const nlattr* attribute) {
        if (type == IFLA_IFNAME) {
            name = mnl_attr_get_str(attribute);
        } else if (type == IFLA_MASTER) {
            link.master = mnl_attr_get_u32(attribute);
        } else if (type == IFLA_LINKINFO) {
            read_info(attribute, link);
        }
    };
    mnl_attr_parse(message, sizeof(ifinfomsg), visit_attribute<decltype(visit)>, &visit);
    (*static_cast<std::map<std::string, Link>*>(data))[name] = link;
    return MNL_CB_OK;
}

/// One rtnetlink request about a link, on a socket of its own.
class Request {
public:
    Request(std::uint16_t type, int flags, unsigned index) : buffer_(32768) {
        require(socket_ != nullptr && mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) == 0,
                "netlink socket");
        message_ = mnl_nlmsg_put_header(buffer_.data());
        message_->nlmsg_type = type;
        message_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        header_ = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message_, sizeof(ifinfomsg)));
        header_->ifi_index = static_cast<int>(index);
    }
    nlmsghdr* message() { return message_; }
    ifinfomsg* header() { return header_; }

    /// False if the kernel refuses.
    bool try_run(mnl_cb_t callback = nullptr, void* data = nullptr) {
        int outcome = mnl_socket_sendto(socket_.get(), message_, message_->nlmsg_len) < 0
                          ? MNL_CB_ERROR
                          : MNL_CB_OK;
        while (outcome > MNL_CB_STOP) {
            const ssize_t count =
                mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
            outcome = count < 0 ? MNL_CB_ERROR
                                : mnl_cb_run(buffer_.data(), static_cast<std::size_t>(count), 0,
                                             mnl_socket_get_portid(socket_.get()), callback, data);
        }
        return outcome >= 0;
    }
    void run(const std::string& what, mnl_cb_t callback = nullptr, void* data = nullptr) {
        require(try_run(callback, data), what);
    }

private:
    std::unique_ptr<mnl_socket, decltype(&mnl_socket_close)> socket_{
        mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), &mnl_socket_close};
    std::vector<char> buffer_;
    nlmsghdr* message_ = nullptr;
    ifinfomsg* header_ = nullptr;
};

unsigned index_of(const std::string& name) {
    const std::optional<Link> link = find(name);
    require(link.has_value(), "no interface " + name);
    return link->index;
}

}  // namespace

std::map<std::string, Link> links() {
    std::map<std::string, Link> found;
    Request request(RTM_GETLINK, NLM_F_DUMP, 0);
    request.run("list interfaces", on_link, &found);
    return found;
}

std::optional<Link> find(const std::string& name) {
    const std::map<std::string, Link> all = links();
    const auto found = all.find(name);
    return found == all.end() ? std::nullopt : std::optional(found->second);
}

void set_up(const std::string& name) {
    Request request(RTM_NEWLINK, NLM_F_ACK, index_of(name));
    request.header()->ifi_flags = IFF_UP;
    request.header()->ifi_change = IFF_UP;
    request.run("set " + name + " up");
}

void set_master(const std::string& name, const std::string& bridge) {
    Request request(RTM_NEWLINK, NLM_F_ACK, index_of(name));
    mnl_attr_put_u32(request.message(), IFLA_MASTER, index_of(bridge));
    request.run("add " + name + " to " + bridge);
}

void rename_link(const std::string& name, const std::string& new_name) {
    Request request(RTM_NEWLINK, NLM_F_ACK, index_of(name));
    mnl_attr_put_strz(request.message(), IFLA_IFNAME, new_name.c_str());
    request.run("rename " + name);
}

void move_link(const std::string& name, int netns_fd) {
    Request request(RTM_NEWLINK, NLM_F_ACK, index_of(name));
    mnl_attr_put_u32(request.message(), IFLA_NET_NS_FD, static_cast<std::uint32_t>(netns_fd));
    request.run("move " + name);
}

void delete_link(const std::string& name) {
    Request request(RTM_DELLINK, NLM_F_ACK, index_of(name));
    request.run("delete " + name);
}

namespace {

/// A new interface of a kind; `lower` is the index of the one below it, 0: none.
bool try_create(const std::string& kind, const std::string& name, unsigned lower) {
    Request request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);
    mnl_attr_put_strz(request.message(), IFLA_IFNAME, name.c_str());
    if (lower != 0) {
        mnl_attr_put_u32(request.message(), IFLA_LINK, lower);
    }
    nlattr* info = mnl_attr_nest_start(request.message(), IFLA_LINKINFO);
    mnl_attr_put_strz(request.message(), IFLA_INFO_KIND, kind.c_str());
    mnl_attr_nest_end(request.message(), info);
    return request.try_run();
}

}  // namespace

Bridge::Bridge(std::string name) : name_(std::move(name)) {
    require(try_create("bridge", name_, 0), "create bridge " + name_);
}

Bridge::~Bridge() {
    delete_link(name_);
}

namespace {

/// Opens a node and does TUNSETIFF.
UniqueFd attach(const std::string& node, const std::string& name, unsigned flags) {
    UniqueFd fd(open(node.c_str(), O_RDWR | O_CLOEXEC));
    require(bool(fd), node);
    ifreq request = {};
    std::snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name.c_str());
    request.ifr_flags = static_cast<short>(flags);
    require(ioctl(fd.get(), TUNSETIFF, &request) == 0, "TUNSETIFF " + name);
    return fd;
}

}  // namespace

Macvtap::Macvtap(std::string name) : name_(std::move(name)) {
    if (try_create("veth", "lower", 0)) {
        (void)try_create("macvtap", name_, index_of("lower"));
    }
}

Macvtap::~Macvtap() {
    if (find("lower").has_value()) {
        delete_link("lower");  // takes its peer and the macvtap along
    }
}

std::string Macvtap::node() const {
    return "/dev/tap" + std::to_string(index_of(name_));
}

bool Macvtap::exists() const {
    return find(name_).has_value() && access(node().c_str(), R_OK | W_OK) == 0;
}

UniqueFd Macvtap::open_queue() const {
    return attach(node(), name_, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE);
}

UniqueFd open_tap(const std::string& name, unsigned flags) {
    return open_tun(name, IFF_TAP | IFF_NO_PI | flags);
}

UniqueFd open_tun(const std::string& name, unsigned flags) {
    return attach("/dev/net/tun", name, flags);
}

PersistentTun::PersistentTun(std::string name, unsigned flags) : name_(std::move(name)) {
    const UniqueFd fd = attach("/dev/net/tun", name_, flags);
    require(ioctl(fd.get(), TUNSETPERSIST, 1UL) == 0, "TUNSETPERSIST");
}

PersistentTun::~PersistentTun() {
    if (find(name_).has_value()) {
        delete_link(name_);
    }
}

int get_int(int fd, unsigned long request) {
    int value = -1;
    require(ioctl(fd, request, &value) == 0, "ioctl");
    return value;
}

void set_int(int fd, unsigned long request, int value) {
    require(ioctl(fd, request, &value) == 0, "ioctl");
}

unsigned tun_flags_of(int fd) {
    ifreq request = {};
    require(ioctl(fd, TUNGETIFF, &request) == 0, "TUNGETIFF");
    return static_cast<unsigned short>(request.ifr_flags);
}

}  // namespace qnetdev::test
