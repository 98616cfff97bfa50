// SPDX-License-Identifier: MIT
#include "net/bridge_helper/port_limit.h"

#include <cerrno>

namespace qnetdev::helper {
namespace {

/// How many ports of a bridge are taps that were made for the user, persistent ones included. 0 or
/// an errno; EINTR: interfaces come and go all the time.
int count_ports(unsigned bridge, uid_t user, unsigned& count) {
    const InterfaceAlias note = port_note(user);
    constexpr int kAttempts = 8;  // a list that changed while it was read is read again
    int errnum = EINTR;
    for (int attempt = 0; attempt < kAttempts && errnum == EINTR; ++attempt) {
        RouteSocket socket;  // a new one, without what is left of a broken list
        errnum = socket.open();
        if (errnum != 0) {
            return errnum;
        }
        count = 0;
        errnum = list_links(socket, bridge, [&count, &note](const LinkInfo& link) {
            count += link.is_tun() && link.alias == note.view() ? 1 : 0;
        });
    }
    return errnum;
}

}  // namespace

InterfaceAlias port_note(uid_t user) {
    InterfaceAlias note("qnetdev-bridge-helper uid=");
    note.add_number(user);
    return note;
}

bool check_port_limit(const PortLimit& limit, unsigned more, Refusal& why) {
    if (limit.caller.uid == 0) {
        return true;
    }
    unsigned count = 0;
    if (const int errnum = count_ports(limit.bridge.index, limit.caller.uid, count)) {
        why.set_errno("cannot count the ports of the bridge", errnum);
        return false;
    }
    if (count + more <= limit.acl.max_ports()) {
        return true;
    }
    why.set().add("user ").add_number(limit.caller.uid).add(" has as many taps on bridge ");
    why.message.add_quoted(limit.request.bridge).add(" as are allowed: ");
    why.message.add_number(limit.acl.max_ports());
    why.hint.add("persistent ones count too; the administrator can add: max-ports ");
    why.hint.add(limit.request.bridge).add(" NUMBER");
    return false;
}

}  // namespace qnetdev::helper
