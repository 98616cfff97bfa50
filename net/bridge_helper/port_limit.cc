// SPDX-License-Identifier: MIT
#include "net/bridge_helper/port_limit.h"

#include "net/bridge_helper/link_facts.h"

namespace net::helper {

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

}  // namespace net::helper
