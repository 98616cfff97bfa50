// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "tests/support/fake_tun.h"

namespace net::test {
namespace {

constexpr unsigned kBothUso = tun_offload::kUso4 | tun_offload::kUso6;

int check_offload(unsigned known, unsigned mask) {
    const bool half_uso = (mask & kBothUso) != 0 && (mask & kBothUso) != kBothUso;
    const bool without_csum = mask != 0 && (mask & tun_offload::kCsum) == 0;
    return (mask & ~known) != 0 || half_uso || without_csum ? EINVAL : 0;
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
            return "RTM_GETLINK";
        case TunCall::reset_shared:
            return "TUNSETFILTEREBPF";
        case TunCall::delete_interface:
            return "RTM_DELLINK";
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

Result<FakeTun::Interface*> FakeTun::attached(const Call& call) {
    if (std::optional<Error> failure = enter(call)) {
        return *std::move(failure);
    }
    const auto queue = queues_.find(call.fd);
    if (queue == queues_.end()) {
        return Error::from_errno(ENOTTY, tun_call_name(call.call));
    }
    const auto interface = interfaces_.find(queue->second.interface);
    if (interface == interfaces_.end()) {
        return Error::from_errno(EBADFD, tun_call_name(call.call));
    }
    return &interface->second;
}

Result<UniqueFd> FakeTun::open_tun() {
    if (std::optional<Error> failure = enter({TunCall::open_tun})) {
        return *std::move(failure);
    }
    return make_queue(false);
}

Result<UniqueFd> FakeTun::open_macvtap(unsigned interface_index) {
    if (std::optional<Error> failure = enter({TunCall::open_macvtap, -1, {}, interface_index})) {
        return *std::move(failure);
    }
    const auto node = nodes_.find(interface_index);
    if (node == nodes_.end()) {
        return Error::from_errno(ENOENT, std::string(tun_call_name(TunCall::open_macvtap)) +
                                             std::to_string(interface_index));
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
    const auto found = interfaces_.find(name);
    return found == interfaces_.end() ? 0U : found->second.index;
}

Result<unsigned> FakeTun::get_features(int fd) {
    if (std::optional<Error> failure = enter({TunCall::get_features, fd})) {
        return *std::move(failure);
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
    return TunInterface{queues_.at(fd).interface, (*interface)->flags | persistent | no_filter};
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
    if (std::optional<Error> failure = enter({TunCall::get_link, -1, name})) {
        return *std::move(failure);
    }
    const auto found = interfaces_.find(name);
    if (found == interfaces_.end()) {
        return Error::from_errno(ENODEV, tun_call_name(TunCall::get_link));
    }
    const Interface& interface = found->second;
    LinkInfo link;
    link.index = interface.index;
    link.name.add(name);
    link.is_ethernet = interface.is_ethernet;
    if (!interface.is_tun_device) {
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
    Result<Interface*> interface =
        attached({TunCall::reset_shared, fd, {}, static_cast<long>(what)});
    if (!interface) {
        return std::move(interface).error();
    }
    if (what == TunShared::vnet_be && !has_vnet_be) {
        return Error::from_errno(EINVAL, tun_call_name(TunCall::reset_shared));
    }
    if (what == TunShared::filter_program) {
        (*interface)->has_filter = false;
    }
    return {};
}

Result<void> FakeTun::delete_interface(unsigned index) {
    if (std::optional<Error> failure = enter({TunCall::delete_interface, -1, {}, long{index}})) {
        return *std::move(failure);
    }
    return std::erase_if(interfaces_,
                         [index](const auto& item) { return item.second.index == index; }) == 1
               ? Result<void>()
               : Error::from_errno(ENODEV, tun_call_name(TunCall::delete_interface));
}

Result<int> FakeTun::get_sndbuf(int fd) {
    Result<Interface*> interface = attached({TunCall::get_sndbuf, fd});
    if (!interface) {
        return std::move(interface).error();
    }
    return (*interface)->sndbuf;
}

Result<void> FakeTun::set_sndbuf(int fd, int bytes) {
    Result<Interface*> interface = attached({TunCall::set_sndbuf, fd, {}, bytes});
    if (!interface) {
        return std::move(interface).error();
    }
    if (bytes <= 0) {
        return Error::from_errno(EINVAL, tun_call_name(TunCall::set_sndbuf));
    }
    (*interface)->sndbuf = bytes;
    return {};
}

Result<void> FakeTun::set_offload(int fd, unsigned offload) {
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
    return (*interface)->vnet_hdr_size;
}

Result<void> FakeTun::set_vnet_hdr_size(int fd, int bytes) {
    Result<Interface*> interface = attached({TunCall::set_vnet_hdr_size, fd, {}, bytes});
    if (!interface) {
        return std::move(interface).error();
    }
    if (bytes < 10) {
        return Error::from_errno(EINVAL, tun_call_name(TunCall::set_vnet_hdr_size));
    }
    (*interface)->vnet_hdr_size = bytes;
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
    Result<Interface*> interface = attached({TunCall::set_queue, fd, {}, attach ? 1 : 0});
    if (!interface) {
        return std::move(interface).error();
    }
    bool& detached = queues_.at(fd).detached;
    if (((*interface)->flags & tun_flags::kMultiQueue) == 0 || detached != attach) {
        return Error::from_errno(EINVAL, tun_call_name(TunCall::set_queue));
    }
    detached = !attach;
    return {};
}

Result<void> FakeTun::set_steering_ebpf(int fd, int program_fd) {
    Result<Interface*> interface = attached({TunCall::set_steering_ebpf, fd, {}, program_fd});
    return interface ? Result<void>() : std::move(interface).error();
}

}  // namespace net::test
