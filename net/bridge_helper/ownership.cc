// SPDX-License-Identifier: MIT
#include "net/bridge_helper/ownership.h"

#include <linux/filter.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <climits>

#include "net/bridge_helper/link_facts.h"

namespace net::helper {
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
    tun_filter everything = {};
    (void)ioctl(node, TUNSETSTEERINGEBPF, &none);
    (void)ioctl(node, TUNSETFILTEREBPF, &none);
    (void)ioctl(node, TUNDETACHFILTER, nullptr);
    (void)ioctl(node, TUNSETTXFILTER, &everything);
    (void)ioctl(node, TUNSETCARRIER, &on);
    (void)ioctl(node, TUNSETSNDBUF, &unlimited);
    (void)ioctl(node, TUNSETVNETLE, &off);
    (void)ioctl(node, TUNSETVNETBE, &off);
}

bool has_stranger(const LinkFacts& facts, const Device& device) {
    // A queue that is detached for now comes back without any check, an owner can let others in,
    // and a persistent tap would be there for ever.
    return facts.queues != device.count || facts.idle_queues != 0 || facts.is_persistent ||
           facts.owner != kRoot || facts.group.has_value() || !facts.is_ethernet;
}

}  // namespace

Claim claim_device(RouteSocket& socket, const Device& device, Refusal& why) {
    if (!set_owner(device, kRoot, why)) {
        return Claim::failed;
    }
    if (!device.is_multi_queue) {
        return Claim::ours;  // nobody can attach while we are
    }
    LinkFacts facts;
    if (const int errnum = query_facts(socket, device.ifname.c_str(), facts)) {
        why.set_errno("cannot find the new interface", errnum);
        return Claim::failed;
    }
    if (has_stranger(facts, device)) {
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
    LinkFacts facts;
    if (query_facts(socket, device.ifname.c_str(), facts) == 0) {
        (void)socket.run(socket.link_request(RTM_DELLINK, NLM_F_ACK, facts.index), nullptr,
                         nullptr);
    }
}

}  // namespace net::helper
