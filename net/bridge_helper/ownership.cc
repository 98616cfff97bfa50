// SPDX-License-Identifier: MIT
#include "net/bridge_helper/ownership.h"

#include <linux/filter.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <climits>

#include "net/netlink/link.h"

namespace qnetdev::helper {
namespace {

constexpr uid_t kRoot = 0;

bool set_owner(const Device& device, uid_t owner, Refusal& why) {
    if (ioctl(device.queues[0].get(), TUNSETOWNER, static_cast<unsigned long>(owner)) != 0) {
        why.set_errno("cannot set the owner of the new interface", errno);
        return false;
    }
    return true;
}

/// Some settings are of the interface, and stay when the queue that made them is gone.
void reset_shared_state(int node) {
    // A kernel that does not know one of them cannot have it set.
    int none = -1;
    int off = 0;
    int on = 1;
    int unlimited = INT_MAX;
    int header = 10;  // struct virtio_net_hdr in <linux/virtio_net.h>, as of a new tap
    tun_filter everything = {};
    (void)ioctl(node, TUNSETSTEERINGEBPF, &none);
    (void)ioctl(node, TUNSETFILTEREBPF, &none);
    (void)ioctl(node, TUNDETACHFILTER, nullptr);
    (void)ioctl(node, TUNSETTXFILTER, &everything);
    (void)ioctl(node, TUNSETCARRIER, &on);
    (void)ioctl(node, TUNSETSNDBUF, &unlimited);
    (void)ioctl(node, TUNSETOFFLOAD, 0UL);
    (void)ioctl(node, TUNSETVNETHDRSZ, &header);
    (void)ioctl(node, TUNSETVNETLE, &off);
    (void)ioctl(node, TUNSETVNETBE, &off);
}

bool has_stranger(const LinkInfo& link, const Device& device) {
    // A detached queue, which counts too, comes back without any check, an owner can let others in,
    // and a persistent tap would be there for ever.
    return link.tun.queues != device.count || link.tun.persistent || link.tun.owner != kRoot ||
           link.tun.group.has_value() || !link.is_ethernet;
}

}  // namespace

Claim claim_device(RouteSocket& socket, const Device& device, Refusal& why) {
    if (!set_owner(device, kRoot, why)) {
        return Claim::failed;
    }
    if (!device.is_multi_queue) {
        return Claim::ours;  // nobody can attach while we are
    }
    LinkInfo link;
    if (const int errnum = query_link(socket, device.ifname.c_str(), link)) {
        why.set_errno("cannot find the new interface", errnum);
        return Claim::failed;
    }
    if (has_stranger(link, device)) {
        delete_device(socket, device);  // else it lasts as long as the stranger likes
        why.set().add("the new interface was changed by somebody else meanwhile");
        return Claim::lost;
    }
    reset_shared_state(device.queues[0].get());
    return Claim::ours;
}

bool hand_over(const Device& device, Refusal& why) {
    return set_owner(device, device.owner, why);
}

void delete_device(RouteSocket& socket, const Device& device) {
    LinkInfo link;
    if (query_link(socket, device.ifname.c_str(), link) == 0) {
        (void)delete_link(socket, link.index);
    }
}

}  // namespace qnetdev::helper
