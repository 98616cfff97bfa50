// SPDX-License-Identifier: MIT
#include "net/bridge_helper/ownership.h"

#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "net/bridge_helper/link_facts.h"

namespace net::helper {
namespace {

/// Filters are of the interface, and stay when the queue that set them is gone.
void remove_filters(int node) {
    // A kernel that does not know one of them cannot have it set.
    int none = -1;
    (void)ioctl(node, TUNSETSTEERINGEBPF, &none);
    (void)ioctl(node, TUNSETFILTEREBPF, &none);
    (void)ioctl(node, TUNDETACHFILTER, nullptr);
}

bool has_stranger(const LinkFacts& facts, const Device& device) {
    // A queue that is detached for now comes back without any check, an owner can let others in,
    // and a persistent tap would be there for ever.
    return facts.queues != device.count || facts.idle_queues != 0 || facts.is_persistent ||
           facts.owner != device.owner;
}

void delete_link(RouteSocket& socket, unsigned index) {
    (void)socket.run(socket.link_request(RTM_DELLINK, NLM_F_ACK, index), nullptr, nullptr);
}

}  // namespace

bool claim_device(const Device& device, Refusal& why) {
    if (ioctl(device.queues[0].get(), TUNSETOWNER, static_cast<unsigned long>(device.owner)) != 0) {
        why.set_errno("cannot give the new interface to the caller", errno);
        return false;
    }
    return true;
}

bool check_sole_user(RouteSocket& socket, const Device& device, Refusal& why) {
    if (device.count == 1) {
        return true;  // without IFF_MULTI_QUEUE nobody can attach while we are
    }
    LinkFacts facts;
    if (const int errnum = query_facts(socket, device.ifname.c_str(), facts)) {
        why.set_errno("cannot find the new interface", errnum);
        return false;
    }
    if (has_stranger(facts, device)) {
        delete_link(socket, facts.index);  // else it lasts as long as the stranger likes
        why.set().add("the new interface was changed by somebody else meanwhile");
        return false;
    }
    remove_filters(device.queues[0].get());
    return true;
}

}  // namespace net::helper
