// SPDX-License-Identifier: MIT
#include "net/bridge_helper/device.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "net/bridge_helper/ownership.h"
#include "net/bridge_helper/port_limit.h"

namespace qnetdev::helper {
namespace {

/// Names that are tried for a tap: the kernel's choice, and three of ours.
constexpr int kNames = 4;
constexpr const char* kTunNode = "/dev/net/tun";
/// Numerically high, so that the port does not change the address of its bridge: that is the lowest
/// of its ports' addresses.
constexpr std::uint8_t kFirstAddressByte = 0xfe;

bool choose_flags(int node, const Arguments& request, unsigned& flags, Refusal& why) {
    unsigned features = 0;
    if (ioctl(node, TUNGETFEATURES, &features) != 0) {
        why.set_errno("TUNGETFEATURES", errno);
        return false;
    }
    flags = IFF_TAP | IFF_NO_PI;
    if (request.use_vnet) {
        flags |= features & IFF_VNET_HDR;
    }
    if (request.queues > 1) {
        if ((features & IFF_MULTI_QUEUE) == 0) {
            why.set().add("'--queues' is above 1, but the kernel's tap has no IFF_MULTI_QUEUE");
            return false;
        }
        flags |= IFF_MULTI_QUEUE;
    }
    return true;
}

/// TUNSETIFF; `name` becomes what the kernel made of it. 0 or an errno.
int attach(int node, InterfaceName& name, unsigned flags) {
    ifreq request = {};
    std::memcpy(request.ifr_name, name.c_str(), name.view().size());
    request.ifr_flags = static_cast<short>(flags);
    if (ioctl(node, TUNSETIFF, &request) != 0) {
        return errno;
    }
    name.clear();
    name.add({request.ifr_name, strnlen(request.ifr_name, IFNAMSIZ)});
    return 0;
}

bool explain_attach_failure(int errnum, std::string_view name, Refusal& why) {
    why.set().add("cannot make ").add(name.empty() ? "a tap" : "tap ");
    if (!name.empty()) {
        why.message.add_quoted(name);
    }
    why.message.add(": ");
    why.add_errno(errnum);
    if (errnum == EPERM) {
        why.hint.add("the helper needs CAP_NET_ADMIN: install it set-uid root, or with ");
        why.hint.add("setcap cap_net_admin+ep");
    } else if (errnum == EBUSY || errnum == EINVAL) {
        why.hint.add("an interface of that name exists, or the name cannot be used");
    }
    return false;
}

/// A name for the template that nobody can foresee: whoever waits for new taps waits for the first
/// free number. False if there is nothing to choose.
bool choose_number(std::string_view wanted, InterfaceName& name) {
    const std::size_t place = wanted.find("%d");
    std::uint32_t random = 0;
    if (place == std::string_view::npos ||
        getrandom(&random, sizeof(random), 0) != static_cast<ssize_t>(sizeof(random))) {
        return false;
    }
    std::string_view tail = wanted;
    tail.remove_prefix(place + 2);
    // As large as it may be, and as fits: matches_template() was asked for all of these.
    for (const std::uint32_t numbers : {32768U, 10000U, 1000U, 100U, 10U}) {
        name.clear();
        name.add({wanted.data(), place}).add_number(random % numbers).add(tail);
        if (name.view().size() < limits::kInterfaceName) {
            return true;
        }
    }
    return false;
}

/// The tap with its first queue, under the name that the device has now.
Claim make_first_queue(RouteSocket& socket, const Arguments& request, Device& device,
                       unsigned& flags, Refusal& why) {
    UniqueFd& first = device.queues[0];
    if (!open_tun_node(first, why) || !choose_flags(first.get(), request, flags, why)) {
        return Claim::failed;
    }
    // EXCL: an interface of that name may be somebody's, and CAP_NET_ADMIN would let us in.
    if (const int errnum = attach(first.get(), device.ifname, flags | IFF_TUN_EXCL)) {
        (void)explain_attach_failure(errnum, request.ifname, why);
        return errnum == EBUSY ? Claim::lost : Claim::failed;
    }
    device.count = 1;
    return claim_device(socket, device, why);
}

/// Queues after the first attach by the name that it got.
bool add_queues(Device& device, unsigned count, unsigned flags, Refusal& why) {
    while (device.count < count) {
        UniqueFd& node = device.queues[device.count];
        if (!open_tun_node(node, why)) {
            return false;
        }
        if (const int errnum = attach(node.get(), device.ifname, flags)) {
            return explain_attach_failure(errnum, device.ifname.view(), why);
        }
        ++device.count;
    }
    return true;
}

bool find_device(RouteSocket& socket, const Device& device, LinkInfo& link, Refusal& why) {
    if (const int errnum = query_link(socket, device.ifname.c_str(), link)) {
        why.set_errno("cannot find the new interface", errnum);
        return false;
    }
    return true;
}

/// The kernel finds interfaces by alternative names too (ip link property add ... altname), which
/// no rule speaks of: a bridge that is denied would be let in under another name.
bool is_own_name(const LinkInfo& bridge, const InterfaceName& name, Refusal& why) {
    if (bridge.name == name.view()) {
        return true;
    }
    why.set().add_quoted(name.view()).add(" is another name of bridge ");
    why.message.add_quoted(bridge.name.view());
    why.hint.add("rules and --br take the name that stands first in: ip link show ");
    why.hint.add(name.view());
    return false;
}

}  // namespace

bool open_tun_node(UniqueFd& node, Refusal& why) {
    node = UniqueFd(open(kTunNode, O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (node) {
        return true;
    }
    const int errnum = errno;
    why.set_errno("cannot open /dev/net/tun", errnum);
    if (errnum == EACCES) {
        why.hint.add("the node is opened with the rights of the caller, and its mode or a device ");
        why.hint.add("policy shuts them out: ls -l /dev/net/tun (usual mode: 0666)");
    } else if (errnum == ENOENT) {
        why.hint.add("mkdir -p /dev/net && mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun");
    } else if (errnum == ENODEV || errnum == ENXIO) {
        why.hint.add("the tun driver is not loaded: modprobe tun");
    } else if (errnum == EMFILE) {
        why.hint.add("raise the hard limit on open files of the process that runs the helper");
    }
    return false;
}

bool find_bridge(RouteSocket& socket, const Arguments& request, const Acl& acl, LinkInfo& bridge,
                 Refusal& why) {
    const InterfaceName name(request.bridge);
    if (const int errnum = query_link(socket, name.c_str(), bridge)) {
        why.set().add("bridge ").add_quoted(request.bridge).add(": ");
        why.add_errno(errnum);
        if (errnum == ENODEV) {
            why.hint.add("make it: ip link add ").add(request.bridge);
            why.hint.add(" type bridge && ip link set ").add(request.bridge).add(" up");
        }
        return false;
    }
    if (!bridge.is_bridge()) {
        why.set().add_quoted(request.bridge).add(" is no bridge");
        return false;
    }
    if (!is_own_name(bridge, name, why)) {
        return false;
    }
    if (request.mtu && *request.mtu != bridge.mtu && !acl.grants_mtu()) {
        why.set().add("no rule allows '--mtu=").add_number(*request.mtu).add("' on bridge ");
        why.message.add_quoted(request.bridge).add(", whose MTU is ").add_number(bridge.mtu);
        why.hint.add("the administrator can add: mtu ").add(request.bridge).add(" MIN-MAX");
        return false;
    }
    return true;
}

bool make_device(RouteSocket& socket, const Arguments& request, Device& device, Refusal& why) {
    const std::string_view wanted = request.ifname.empty() ? "tap%d" : request.ifname;
    device.is_multi_queue = request.queues > 1;
    device.ifname.clear();
    device.ifname.add(wanted);
    for (int attempt = 0; attempt < kNames; ++attempt) {
        unsigned flags = 0;
        const Claim claim = make_first_queue(socket, request, device, flags, why);
        if (claim == Claim::ours) {
            return add_queues(device, request.queues, flags, why);
        }
        if (claim == Claim::failed || !choose_number(wanted, device.ifname)) {
            return false;
        }
        device.queues[0] = UniqueFd();
    }
    return false;
}

bool join_bridge(RouteSocket& socket, const Arguments& request, const LinkInfo& bridge,
                 const Device& device, Refusal& why) {
    LinkInfo link;
    if (!find_device(socket, device, link, why)) {
        return false;
    }
    MacAddress address = link.address;
    address.bytes[0] = kFirstAddressByte;
    const InterfaceAlias note = port_note(device.owner);
    const PortSettings settings = {.index = link.index,
                                   .bridge = bridge.index,
                                   .mtu = request.mtu.value_or(bridge.mtu),
                                   .address = request.mac.value_or(address),
                                   .alias = note.view()};
    if (const int errnum = set_bridge_port(socket, settings)) {
        why.set().add("cannot add ").add(device.ifname.view()).add(" to bridge ");
        why.message.add_quoted(request.bridge).add(": ");
        why.add_errno(errnum);
        return false;
    }
    return true;
}

}  // namespace qnetdev::helper
