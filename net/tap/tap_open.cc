// SPDX-License-Identifier: MIT
#include "net/tap/tap_open.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "net/base/limits.h"
#include "net/base/shell_quote.h"
#include "net/netlink/rtnetlink.h"

namespace qnetdev {
namespace {

/// The commands of a shell that make it again with the multi-queue flag, for whom it is now.
std::string make_anew_command(const std::string& ifname, const LinkInfo& link) {
    const std::string name = shell_quote(std::string_view(ifname)) + " mode tap";
    std::string command = "ip tuntap del " + name + " && ip tuntap add " + name + " multi_queue";
    if (link.tun.owner) {
        command += " user " + std::to_string(*link.tun.owner);
    }
    if (link.tun.group) {
        command += " group " + std::to_string(*link.tun.group);
    }
    return command;
}

std::string explain_mismatch(const std::string& ifname, const LinkInfo& link, bool multi_queue) {
    const std::string subject = "'" + ifname + "' exists and is ";
    const std::string kind(link.kind.view());
    if (kind == "macvtap" || kind == "ipvtap") {
        return subject + "a " + kind + ", but its node /dev/tap" + std::to_string(link.index) +
               " cannot be opened";
    }
    if (!link.is_tun()) {
        return subject + (kind.empty() ? "no tap" : "a " + kind + ", no tap") +
               ": choose another ifname";
    }
    if (!link.tun.is_tap) {
        return subject + "a tun (layer 3) interface: choose another ifname";
    }
    if (multi_queue && !link.tun.multi_queue) {
        return subject +
               "single-queue: drop 'queues', or make it anew: " + make_anew_command(ifname, link);
    }
    if (!multi_queue && link.tun.multi_queue) {
        return subject + "multi-queue, which a single queue cannot attach to: use queues=2 or more";
    }
    return {};
}

std::string explain_busy(const std::string& ifname, const LinkInfo& link) {
    if (link.is_tun() && !link.tun.multi_queue) {
        return "the only queue of '" + ifname +
               "' is in use, by another process or by another netdev";
    }
    return {};
}

/// Whether the interface is as we made it: one queue, ours, and gone with it.
bool is_ours_alone(const LinkInfo& link) {
    // An owner can let others in, and a persistent tap would be there for ever.
    return link.tun.queues == 1U && !link.tun.persistent && link.is_ethernet &&
           link.tun.owner == geteuid() && !link.tun.group.has_value();
}

Result<void> reset_shared_state(TunKernel& kernel, int fd) {
    for (const TunShared what : kAllTunShared) {
        Result<void> outcome = kernel.reset_shared(fd, what);
        const int errnum = outcome ? 0 : outcome.error().errnum();
        // A kernel that does not know one of them cannot have it set.
        if (!outcome && errnum != EINVAL && errnum != ENOTTY) {
            return outcome;
        }
    }
    return {};
}

Result<bool> check_sole_user(TunKernel& kernel, int fd, const std::string& ifname) {
    Result<LinkInfo> link = kernel.get_link(ifname);
    if (!link) {
        return std::move(link).error().with_prefix("cannot tell who uses the new tap");
    }
    if (!link->tun.queues.has_value()) {
        return Error("cannot tell who uses the new tap '" + ifname + "'")
            .with_hint("several queues need Linux 4.17 or newer: drop 'queues'");
    }
    if (!is_ours_alone(*link)) {
        return false;
    }
    // One that came and went.
    Result<void> reset = reset_shared_state(kernel, fd);
    if (!reset) {
        return std::move(reset).error().with_prefix("cannot set the new tap '" + ifname + "' up");
    }
    return true;
}

Result<bool> claim(TunKernel& kernel, int fd, const std::string& ifname, bool multi_queue) {
    Result<void> owned = kernel.set_owner(fd, geteuid());
    if (!owned) {
        return std::move(owned).error().with_prefix("cannot become the owner of '" + ifname + "'");
    }
    // The one queue of the others is ours.
    return multi_queue ? check_sole_user(kernel, fd, ifname) : true;
}

Result<void> delete_tap(TunKernel& kernel, const std::string& ifname) {
    const LinkInfo link = NET_TRY(kernel.get_link(ifname));
    return kernel.delete_interface(link.index);
}

/// What is said once a stranger was quicker limits::kTapClaims times.
Error lost_tap_error(const std::string& ifname) {
    return Error("the new tap '" + ifname + "' was changed by somebody else meanwhile")
        .with_hint(
            "a process of another user attaches to new taps: find it with fuser -v "
            "/dev/net/tun, or keep others out with chmod o= /dev/net/tun");
}

/// The node of the macvtap or ipvtap with that index, if it is the interface that was named.
///
/// Nodes are named by interface index, and another network namespace may have the same index: only
/// the name behind the node tells whose it is.
Result<UniqueFd> open_macvtap(TunKernel& kernel, const std::string& ifname, unsigned index) {
    UniqueFd node = NET_TRY(kernel.open_macvtap(index));
    const TunInterface interface = NET_TRY(kernel.get_iff(node.get()));
    if (interface.name != ifname) {
        return Error("/dev/tap" + std::to_string(index) + " belongs to '" + interface.name +
                     "', not to '" + ifname + "'");
    }
    return node;
}

Result<UniqueFd> open_tun(TunKernel& kernel) {
    Result<UniqueFd> tun = kernel.open_tun();
    if (!tun) {
        const int errnum = tun.error().errnum();
        return std::move(tun).error().with_hint(explain_open_failure(errnum));
    }
    return tun;
}

/// The flags for TUNSETIFF, or which demand the kernel cannot meet.
Result<unsigned> choose_flags(const TapOpenOptions& options, unsigned features) {
    unsigned flags = tun_flags::kTap | tun_flags::kNoPacketInfo;
    flags |= features & tun_flags::kOneQueue;
    if (options.vnet_hdr.value_or(true)) {
        flags |= features & tun_flags::kVnetHdr;
    }
    if (options.vnet_hdr == true && (features & tun_flags::kVnetHdr) == 0) {
        return Error("'vnet_hdr' is on, but the kernel's tap has no IFF_VNET_HDR")
            .with_param("vnet_hdr");
    }
    if (options.multi_queue) {
        if ((features & tun_flags::kMultiQueue) == 0) {
            return Error("'queues' is above 1, but the kernel's tap has no IFF_MULTI_QUEUE")
                .with_param("queues");
        }
        flags |= tun_flags::kMultiQueue;
    }
    return flags;
}

Error open_error(Error cause, const TapOpenOptions& options) {
    const int errnum = cause.errnum();
    if (errnum == 0) {
        return cause;  // not the kernel's word, but ours
    }
    const std::string subject =
        options.ifname.empty() ? "a new tap" : "tap '" + options.ifname + "'";
    return std::move(cause)
        .with_prefix("cannot open " + subject)
        .with_hint(
            explain_set_iff_failure(errnum, options.ifname, options.multi_queue, options.tracer));
}

/// What to ask TUNSETIFF for; asks the node what the driver has unless that is known.
Result<unsigned> find_flags(TunKernel& kernel, const TapOpenOptions& options, TapQueue& queue) {
    if (options.features.has_value()) {
        queue.features = *options.features;
    } else {
        queue.features = NET_TRY(kernel.get_features(queue.fd.get()));
    }
    const unsigned flags = NET_TRY(choose_flags(options, queue.features));
    queue.vnet_hdr = (flags & tun_flags::kVnetHdr) != 0;
    return flags;
}

/// TUNSETIFF on the open node.
Result<void> attach(TunKernel& kernel, const TapOpenOptions& options, TapQueue& queue,
                    unsigned flags) {
    const std::string& wanted = options.ifname.empty() ? "tap%d" : options.ifname;
    queue.ifname = NET_TRY(kernel.set_iff(queue.fd.get(), wanted, flags));
    return {};
}

Result<TapQueue> attach_macvtap(TunKernel& kernel, const TapOpenOptions& options, unsigned index) {
    TapQueue queue;
    queue.fd = NET_TRY(open_macvtap(kernel, options.ifname, index));
    TapOpenOptions own_features = options;
    if (options.macvtap_index == 0) {
        own_features.features.reset();  // they were the tun driver's
    }
    const unsigned flags = NET_TRY(find_flags(kernel, own_features, queue));
    NET_TRY(attach(kernel, own_features, queue, flags));
    queue.ifname = options.ifname;  // the driver ignores names, and returns none
    queue.macvtap_index = index;
    return queue;
}

/// Whether the tun driver's answer may mean that the name belongs to another driver.
bool may_be_macvtap(const TapOpenOptions& options, const Error& error) {
    return error.errnum() == EINVAL && !options.ifname.empty() &&
           options.ifname.find('%') == std::string::npos;
}

/// What a tap in use puts before its frames cannot be changed for one queue, nor for its users
/// without their knowledge: their frames would be garbled, or ours.
Result<void> check_format(TunKernel& kernel, TapQueue& queue) {
    constexpr int kPlainHeader = 10;  // struct virtio_net_hdr in <linux/virtio_net.h>
    const std::string subject = "tap '" + queue.ifname + "' is in use with ";
    const Result<LinkInfo> link = kernel.get_link(queue.ifname);
    if (link) {
        queue.other_queues = std::max(link->tun.queues.value_or(1U), 1U) - 1;  // ours is one
        queue.owner = link->tun.owner;
    }
    if (link && link->tun.packet_info) {
        return Error(subject + "packet information before each frame")
            .with_param("ifname")
            .with_hint("its users have to open it with IFF_NO_PI; or choose another ifname");
    }
    const bool has_others = !link || link->tun.queues.value_or(2) > 1;  // Linux 4.17 counts them
    if (!queue.vnet_hdr || !has_others) {
        return {};
    }
    const int length = NET_TRY(kernel.get_vnet_hdr_size(queue.fd.get()));
    if (length != kPlainHeader) {
        return Error(subject + "a virtio-net header of " + std::to_string(length) +
                     " bytes, not of " + std::to_string(kPlainHeader))
            .with_param("ifname")
            .with_hint("another program's guest drives it; choose another ifname");
    }
    return {};
}

/// A multi-queue tap that has queues already goes on as it is, whatever TUNSETIFF was asked for.
Result<void> adopt_format(TunKernel& kernel, const TapOpenOptions& options, TapQueue& queue) {
    const TunInterface interface = NET_TRY(kernel.get_iff(queue.fd.get()));
    queue.vnet_hdr = (interface.flags & tun_flags::kVnetHdr) != 0;
    if (options.vnet_hdr.value_or(queue.vnet_hdr) != queue.vnet_hdr) {
        return Error(std::string("'vnet_hdr' is ") + (*options.vnet_hdr ? "on" : "off") +
                     ", but tap '" + queue.ifname + "' is in use " +
                     (queue.vnet_hdr ? "with" : "without") + " the header")
            .with_param("vnet_hdr")
            .with_hint(
                "all queues of a tap have the same: drop 'vnet_hdr', or choose another "
                "ifname");
    }
    return check_format(kernel, queue);
}

enum class Origin { made, joined, unclear };

/// Makes the interface, or joins the one of that name. Only who knows that it was made knows that
/// nobody else may have it, so a missing one is never made by joining.
Result<Origin> make_or_join(TunKernel& kernel, const TapOpenOptions& options, TapQueue& queue) {
    const unsigned flags = NET_TRY(find_flags(kernel, options, queue));
    if (options.features.has_value()) {
        NET_TRY(attach(kernel, options, queue, flags));  // an earlier queue holds it
        return Origin::joined;
    }
    Result<void> made = attach(kernel, options, queue, flags | tun_flags::kExclusive);
    if (made) {
        return Origin::made;
    }
    if (made.error().errnum() != EBUSY) {
        return std::move(made).error();
    }
    if (!options.multi_queue) {
        // Should it have gone meanwhile: the only queue of the new one is ours as well.
        NET_TRY(attach(kernel, options, queue, flags));
        return Origin::joined;
    }
    const unsigned before = NET_TRY(kernel.interface_index(options.ifname));
    if (before == 0) {
        return Origin::unclear;
    }
    NET_TRY(attach(kernel, options, queue, flags));
    const unsigned after = NET_TRY(kernel.interface_index(queue.ifname));
    if (before != after) {
        return Origin::unclear;
    }
    NET_TRY(adopt_format(kernel, options, queue));
    return Origin::joined;
}

/// What the tun driver refuses may be a macvtap's name.
Result<TapQueue> fall_back(TunKernel& kernel, const TapOpenOptions& options, Error refusal) {
    if (may_be_macvtap(options, refusal)) {
        const Result<unsigned> index = kernel.interface_index(options.ifname);
        if (index && *index != 0) {
            Result<TapQueue> macvtap = attach_macvtap(kernel, options, *index);
            if (macvtap) {
                return macvtap;
            }
        }
    }
    return open_error(std::move(refusal), options);
}

}  // namespace

std::string explain_open_failure(int errnum) {
    switch (errnum) {
        case ENOENT:
            return "create the node: mkdir -p /dev/net && mknod /dev/net/tun c 10 200";
        case ENODEV:
        case ENXIO:
            return "the tun driver is not loaded: modprobe tun";
        case EACCES:
        case EPERM:
            return "the node's mode shuts this user out, or a device policy does: see "
                   "ls -l /dev/net/tun";
        case EMFILE:
            return "raise the limit on open files: ulimit -n";
        default:
            return {};
    }
}

std::string explain_set_iff_failure(int errnum, const std::string& ifname, bool multi_queue,
                                    const Tracer& tracer) {
    if (errnum == EPERM) {
        return "making or opening a tap needs CAP_NET_ADMIN, or an interface that was given to "
               "this user (ip tuntap add mode tap user NAME)";
    }
    if (errnum == E2BIG) {
        return "the kernel takes " + std::to_string(limits::kTapQueues) +
               " queues for one interface";
    }
    if (ifname.empty()) {
        return {};
    }
    const auto link = find_link(ifname, tracer);
    if (!link || !link->has_value()) {
        return errnum == EINVAL ? "the kernel does not take '" + ifname + "' as a name" : "";
    }
    if (errnum == EINVAL) {
        return explain_mismatch(ifname, **link, multi_queue);
    }
    return errnum == EBUSY ? explain_busy(ifname, **link) : "";
}

Result<bool> claim_new_tap(TunKernel& kernel, int fd, const std::string& ifname, bool multi_queue) {
    Result<bool> claimed = claim(kernel, fd, ifname, multi_queue);
    if (multi_queue && (!claimed || !*claimed)) {
        // Else it lasts as long as a stranger likes.
        const Result<void> deleted = delete_tap(kernel, ifname);
        if (claimed && !deleted && deleted.error().errnum() != ENODEV) {
            return lost_tap_error(ifname);  // one that still exists would be joined next
        }
    }
    return claimed;
}

Result<TapQueue> tap_open(TunKernel& kernel, const TapOpenOptions& options) {
    if (options.macvtap_index != 0) {
        return attach_macvtap(kernel, options, options.macvtap_index);
    }
    constexpr int kAttempts = 3;  // an interface of the name may go while we look at it
    int claims = 0;
    for (int attempt = 0; attempt < kAttempts;) {
        TapQueue queue;
        queue.fd = NET_TRY(open_tun(kernel));
        Result<Origin> origin = make_or_join(kernel, options, queue);
        if (!origin) {
            return fall_back(kernel, options, std::move(origin).error());
        }
        if (*origin == Origin::unclear) {
            ++attempt;
            continue;
        }
        if (*origin == Origin::joined) {
            return queue;
        }
        const bool is_ours =
            NET_TRY(claim_new_tap(kernel, queue.fd.get(), queue.ifname, options.multi_queue));
        if (is_ours) {
            return queue;
        }
        if (++claims == limits::kTapClaims) {
            return lost_tap_error(queue.ifname);
        }
    }
    return Error("interface '" + options.ifname + "' comes and goes").with_param("ifname");
}

}  // namespace qnetdev
