// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "tests/support/fake_tun.h"

namespace qnetdev::test {
namespace {

constexpr unsigned kDetachQueue = 0x0400;  // IFF_DETACH_QUEUE
constexpr unsigned kBothUso = tun_offload::kUso4 | tun_offload::kUso6;

int check_offload(unsigned known, unsigned mask) {
    using namespace tun_offload;
    const bool tso = (mask & (kTso4 | kTso6)) != 0;
    const bool uso = (mask & kBothUso) == kBothUso;
    const bool half_uso = (mask & kBothUso) != 0 && !uso;
    const bool without_csum = mask != 0 && (mask & kCsum) == 0;
    const bool ecn_alone = (mask & kTsoEcn) != 0 && !tso;
    const bool tunnel_alone = (mask & kTunnel) != 0 && !tso && !uso;
    const bool tunnel_csum_alone = (mask & (kTunnel | kTunnelCsum)) == kTunnelCsum;
    return (mask & ~known) != 0 || half_uso || without_csum || ecn_alone || tunnel_alone ||
                   tunnel_csum_alone
               ? EINVAL
               : 0;
}

}  // namespace

std::string_view tun_call_name(TunCall call) {
    switch (call) {
        case TunCall::open_tun:
            return "cannot open /dev/net/tun";
        case TunCall::open_macvtap:
            return "cannot open /dev/tap";
        case TunCall::interface_index:
            return "SIOCGIFINDEX";
        case TunCall::get_features:
            return "TUNGETFEATURES";
        case TunCall::set_iff:
            return "TUNSETIFF";
        case TunCall::get_iff:
            return "TUNGETIFF";
        case TunCall::set_owner:
            return "TUNSETOWNER";
        case TunCall::get_link:
            return "cannot look up interface '";
        case TunCall::reset_shared:
            return "";  // one of shared_call_name()
        case TunCall::delete_interface:
            return "cannot delete an interface";
        case TunCall::get_sndbuf:
            return "TUNGETSNDBUF";
        case TunCall::set_sndbuf:
            return "TUNSETSNDBUF";
        case TunCall::set_offload:
            return "TUNSETOFFLOAD";
        case TunCall::get_vnet_hdr_size:
            return "TUNGETVNETHDRSZ";
        case TunCall::set_vnet_hdr_size:
            return "TUNSETVNETHDRSZ";
        case TunCall::set_vnet_le:
            return "TUNSETVNETLE";
        case TunCall::set_vnet_be:
            return "TUNSETVNETBE";
        case TunCall::set_queue:
            return "TUNSETQUEUE";
        case TunCall::set_steering_ebpf:
            return "TUNSETSTEERINGEBPF";
    }
    return {};
}

int errno_of_no_queue(int fd) {
    return fcntl(fd, F_GETFD) < 0 ? EBADF : ENOTTY;
}

namespace {

std::string_view shared_call_name(TunShared what) {
    switch (what) {
        case TunShared::steering:
            return "TUNSETSTEERINGEBPF";
        case TunShared::filter_program:
            return "TUNSETFILTEREBPF";
        case TunShared::socket_filter:
            return "TUNDETACHFILTER";
        case TunShared::address_filter:
            return "TUNSETTXFILTER";
        case TunShared::carrier:
            return "TUNSETCARRIER";
        case TunShared::sndbuf:
            return "TUNSETSNDBUF";
        case TunShared::vnet_le:
            return "TUNSETVNETLE";
        case TunShared::vnet_be:
            return "TUNSETVNETBE";
    }
    return "";
}

}  // namespace

Error FakeTun::refuse(const Call& call, int errnum) {
    std::string what(tun_call_name(call.call));
    if (call.call == TunCall::open_macvtap) {
        what += std::to_string(call.value);
    } else if (call.call == TunCall::get_link) {
        what += call.name + "'";
    } else if (call.call == TunCall::reset_shared) {
        what += shared_call_name(static_cast<TunShared>(call.value));
    }
    return Error::from_errno(errnum, what);
}

Result<FakeTun::Interface*> FakeTun::attached(const Call& call) {
    if (std::optional<Error> failure = enter(call)) {
        return *std::move(failure);
    }
    const auto queue = queues_.find(call.fd);
    if (queue == queues_.end()) {
        return refuse(call, errno_of_no_queue(call.fd));
    }
    const auto interface = interfaces_.find(queue->second.interface);
    return interface == interfaces_.end() ? Result<Interface*>(refuse(call, EBADFD))
                                          : &interface->second;
}

Result<UniqueFd> FakeTun::open_tun() {
    if (std::optional<Error> failure = enter({TunCall::open_tun})) {
        return *std::move(failure);
    }
    return make_queue(false);
}

Result<UniqueFd> FakeTun::open_macvtap(unsigned interface_index) {
    const Call call{TunCall::open_macvtap, -1, {}, interface_index};
    if (std::optional<Error> failure = enter(call)) {
        return *std::move(failure);
    }
    const auto node = nodes_.find(interface_index);
    if (node == nodes_.end()) {
        return refuse(call, ENOENT);
    }
    interfaces_.try_emplace(node->second);  // of another namespace, if set_node() named it
    UniqueFd fd = make_queue(false);
    queues_.at(fd.get()).interface = node->second;
    return fd;
}

Result<unsigned> FakeTun::interface_index(const std::string& name) {
    if (std::optional<Error> failure = enter({TunCall::interface_index, -1, name})) {
        return *std::move(failure);
    }
    const Interface* found = named(name);
    return found == nullptr ? 0U : found->index;
}

Result<unsigned> FakeTun::get_features(int fd) {
    if (std::optional<Error> failure = enter({TunCall::get_features, fd})) {
        return *std::move(failure);
    }
    if (!queues_.contains(fd)) {
        return refuse({TunCall::get_features}, errno_of_no_queue(fd));
    }
    return features;
}

Result<std::string> FakeTun::set_iff(int fd, const std::string& name, unsigned flags) {
    if (std::optional<Error> failure = enter({TunCall::set_iff, fd, name, long{flags}})) {
        return *std::move(failure);
    }
    std::string settled = name;
    const int problem = attach(fd, &settled, flags);
    if (problem != 0) {
        return Error::from_errno(problem, tun_call_name(TunCall::set_iff));
    }
    return interfaces_.at(settled).is_macvtap ? name : settled;
}

Result<TunInterface> FakeTun::get_iff(int fd) {
    if (foreign_.has_value() && !queues_.contains(fd)) {
        const auto [name, flags] = *std::exchange(foreign_, std::nullopt);
        struct stat status = {};
        if (fstat(fd, &status) == 0) {
            queues_[fd] = Queue{.inode = status.st_ino};
            std::string settled = name;
            (void)attach(fd, &settled, tun_flags::kTap | tun_flags::kNoPacketInfo | flags);
        }
    }
    Result<Interface*> interface = attached({TunCall::get_iff, fd});
    if (!interface) {
        return std::move(interface).error();
    }
    const unsigned persistent = (*interface)->persistent ? tun_flags::kPersist : 0;
    const unsigned no_filter = (*interface)->has_socket_filter ? 0 : tun_flags::kNoPacketInfo;
    const Queue& queue = queues_.at(fd);
    const unsigned detached = queue.detached ? kDetachQueue : 0;
    return TunInterface{queue.interface, (*interface)->flags | persistent | no_filter | detached};
}

Result<void> FakeTun::set_owner(int fd, unsigned uid) {
    Result<Interface*> interface = attached({TunCall::set_owner, fd, {}, uid});
    if (!interface) {
        return std::move(interface).error();
    }
    (*interface)->owner = uid;
    return {};
}

Result<LinkInfo> FakeTun::get_link(const std::string& name) {
    const Call call{TunCall::get_link, -1, name};
    if (std::optional<Error> failure = enter(call)) {
        return *std::move(failure);
    }
    if (named(name) == nullptr) {
        return refuse(call, ENODEV);
    }
    const Interface& interface = *named(name);
    LinkInfo link;
    link.index = interface.index;
    link.name.add(name);
    link.is_ethernet = interface.is_ethernet;
    if (!interface.is_tun_device) {
        link.kind.add("bridge");
        return link;
    }
    link.kind.add(interface.is_macvtap ? "macvtap" : "tun");
    link.tun = {.is_tap = (interface.flags & tun_flags::kTap) != 0,
                .multi_queue = (interface.flags & tun_flags::kMultiQueue) != 0,
                .persistent = interface.persistent,
                .packet_info = (interface.flags & tun_flags::kNoPacketInfo) == 0,
                .owner = interface.owner,
                .group = interface.group};
    if (tells_queues && link.tun.multi_queue) {
        link.tun.queues = static_cast<std::uint32_t>(interface.queues.size());
    }
    return link;
}

Result<void> FakeTun::reset_shared(int fd, TunShared what) {
    const Call call{TunCall::reset_shared, fd, {}, static_cast<long>(what)};
    Result<Interface*> interface = attached(call);
    if (!interface) {
        return std::move(interface).error();
    }
    if (what == TunShared::vnet_be && !has_vnet_be) {
        return refuse(call, EINVAL);
    }
    if (what == TunShared::filter_program) {
        (*interface)->has_filter = false;
    } else if (what == TunShared::socket_filter) {
        (*interface)->has_socket_filter = false;
    } else if (what == TunShared::sndbuf) {
        set_sndbuf_of_attached(**interface, INT_MAX);
    }
    return {};
}

Result<void> FakeTun::delete_interface(unsigned index) {
    const Call call{TunCall::delete_interface, -1, {}, long{index}};
    if (std::optional<Error> failure = enter(call)) {
        return *std::move(failure);
    }
    if (!may_administer) {
        return refuse(call, EPERM);
    }
    for (const auto& [name, interface] : interfaces_) {
        if (interface.index == index && interface.in_our_namespace) {
            remove(std::string(name));
            return {};
        }
    }
    return refuse(call, ENODEV);
}

bool FakeTun::is_in_our_namespace(int fd) {
    drop_closed();
    const auto queue = queues_.find(fd);
    return may_administer && queue != queues_.end() && named(queue->second.interface) != nullptr;
}

void FakeTun::set_sndbuf_of_attached(const Interface& interface, int bytes) {
    for (const int fd : interface.queues) {
        Queue& queue = queues_.at(fd);
        queue.sndbuf = queue.detached ? queue.sndbuf : bytes;
    }
}

int& FakeTun::vnet_hdr_size(Interface& interface, int fd) {
    return interface.is_macvtap ? queues_.at(fd).vnet_hdr_size : interface.vnet_hdr_size;
}

Result<int> FakeTun::get_sndbuf(int fd) {
    Result<Interface*> interface = attached({TunCall::get_sndbuf, fd});
    if (!interface) {
        return std::move(interface).error();
    }
    if ((*interface)->is_macvtap) {
        return refuse({TunCall::get_sndbuf}, EINVAL);
    }
    return queues_.at(fd).sndbuf;
}

Result<void> FakeTun::set_sndbuf(int fd, int bytes) {
    Result<Interface*> interface = attached({TunCall::set_sndbuf, fd, {}, bytes});
    if (!interface) {
        return std::move(interface).error();
    }
    if (bytes <= 0) {
        return Error::from_errno(EINVAL, tun_call_name(TunCall::set_sndbuf));
    }
    set_sndbuf_of_attached(**interface, bytes);
    return {};
}

Result<void> FakeTun::set_offload(int fd, const Offloads& wanted) {
    const unsigned offload = tun_offload_bits(wanted);
    Result<Interface*> interface = attached({TunCall::set_offload, fd, {}, long{offload}});
    if (!interface) {
        return std::move(interface).error();
    }
    if (check_offload(offloads, offload) != 0) {
        return Error::from_errno(EINVAL, tun_call_name(TunCall::set_offload));
    }
    (*interface)->offload = offload;
    return {};
}

Result<int> FakeTun::get_vnet_hdr_size(int fd) {
    Result<Interface*> interface = attached({TunCall::get_vnet_hdr_size, fd});
    if (!interface) {
        return std::move(interface).error();
    }
    return vnet_hdr_size(**interface, fd);
}

Result<void> FakeTun::set_vnet_hdr_size(int fd, int bytes) {
    Result<Interface*> interface = attached({TunCall::set_vnet_hdr_size, fd, {}, bytes});
    if (!interface) {
        return std::move(interface).error();
    }
    if (bytes < 10) {
        return Error::from_errno(EINVAL, tun_call_name(TunCall::set_vnet_hdr_size));
    }
    vnet_hdr_size(**interface, fd) = bytes;
    return {};
}

Result<void> FakeTun::set_vnet_le(int fd, bool enable) {
    Result<Interface*> interface = attached({TunCall::set_vnet_le, fd, {}, enable ? 1 : 0});
    return interface ? Result<void>() : std::move(interface).error();
}

Result<void> FakeTun::set_vnet_be(int fd, bool enable) {
    Result<Interface*> interface = attached({TunCall::set_vnet_be, fd, {}, enable ? 1 : 0});
    if (interface && !has_vnet_be) {
        return Error::from_errno(EINVAL, tun_call_name(TunCall::set_vnet_be));
    }
    return interface ? Result<void>() : std::move(interface).error();
}

Result<void> FakeTun::set_queue(int fd, bool attach) {
    const Call call{TunCall::set_queue, fd, {}, attach ? 1 : 0};
    Result<Interface*> interface = attached(call);
    if (!interface) {
        // Without an interface there is none to come back to either.
        return interface.error().errnum() == EBADFD ? refuse(call, EINVAL)
                                                    : std::move(interface).error();
    }
    bool& detached = queues_.at(fd).detached;
    if (((*interface)->flags & tun_flags::kMultiQueue) == 0 || detached != attach) {
        return Error::from_errno(EINVAL, tun_call_name(TunCall::set_queue));
    }
    detached = !attach;
    return {};
}

Result<void> FakeTun::set_steering_ebpf(int fd, int program_fd) {
    const Call call{TunCall::set_steering_ebpf, fd, {}, program_fd};
    Result<Interface*> interface = attached(call);
    if (!interface) {
        return std::move(interface).error();
    }
    if (program_fd == -1 || programs.contains(program_fd)) {
        return {};
    }
    return refuse(call, fcntl(program_fd, F_GETFD) < 0 ? EBADF : EINVAL);
}

}  // namespace qnetdev::test
