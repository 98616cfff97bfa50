// SPDX-License-Identifier: MIT
#include "net/bridge_helper/privileges.h"

#include <cap-ng.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

namespace qnetdev::helper {
namespace {

/// Everything that comes later is done for the caller; root itself needs no protection from it.
bool caller_is_root() {
    return getuid() == 0;
}

/// The capability sets: CAP_NET_ADMIN if we have it, and nothing else. Not yet in force.
bool choose_capabilities() {
    const bool keep = has_net_admin();
    capng_clear(CAPNG_SELECT_ALL);
    const auto sets = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED);
    return !keep || capng_update(CAPNG_ADD, sets, CAP_NET_ADMIN) == 0;
}

/// From set-uid root: ids, capabilities and the bounding set in one go.
bool become_caller(Refusal& why) {
    const auto flags = static_cast<capng_flags_t>(CAPNG_CLEAR_BOUNDING);
    const int outcome =
        capng_change_id(static_cast<int>(getuid()), static_cast<int>(getgid()), flags);
    if (outcome != 0) {
        why.set().add("cannot drop privileges (libcap-ng: -");
        why.message.add_number(static_cast<unsigned long>(-outcome)).add(")");
        return false;
    }
    return true;
}

/// From a file capability, or from set-uid of somebody else: without CAP_SETPCAP the bounding set
/// stays, which no_new_privs makes harmless.
bool give_up_the_rest(Refusal& why) {
    if (setresgid(getgid(), getgid(), getgid()) != 0 ||
        setresuid(getuid(), getuid(), getuid()) != 0) {
        why.set_errno("cannot become the caller", errno);
        return false;
    }
    if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
        why.set().add("cannot drop capabilities");
        return false;
    }
    return true;
}

/// What must hold now. A library that failed silently is no reason to go on.
bool is_dropped() {
    uid_t uids[3] = {};
    gid_t gids[3] = {};
    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
        getresgid(&gids[0], &gids[1], &gids[2]) != 0) {
        return false;
    }
    for (int i = 1; i < 3; ++i) {
        if (uids[i] != uids[0] || gids[i] != gids[0]) {
            return false;
        }
    }
    if (capng_get_caps_process() != 0) {
        return false;
    }
    for (unsigned cap = 0; cap <= CAP_LAST_CAP; ++cap) {
        if (cap != CAP_NET_ADMIN && (capng_have_capability(CAPNG_PERMITTED, cap) != 0 ||
                                     capng_have_capability(CAPNG_INHERITABLE, cap) != 0)) {
            return false;
        }
    }
    return setuid(0) != 0;
}

}  // namespace

bool has_net_admin() {
    return capng_get_caps_process() == 0 &&
           capng_have_capability(CAPNG_PERMITTED, CAP_NET_ADMIN) != 0;
}

bool drop_privileges(Refusal& why) {
    if (!caller_is_root()) {
        if (!choose_capabilities()) {
            why.set().add("cannot choose capabilities");
            return false;
        }
        if (!(geteuid() == 0 ? become_caller(why) : give_up_the_rest(why))) {
            return false;
        }
        if (!is_dropped()) {
            why.set().add("privileges are still there after dropping them");
            return false;
        }
    }
    // No core, no /proc/PID/mem, no ptrace(2) by the caller; and no exec that gains privileges.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        why.set_errno("prctl", errno);
        return false;
    }
    return true;
}

}  // namespace qnetdev::helper
