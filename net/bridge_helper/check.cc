// SPDX-License-Identifier: MIT
#include "net/bridge_helper/check.h"

#include "net/bridge_helper/acl_file.h"
#include "net/bridge_helper/device.h"
#include "net/bridge_helper/output.h"
#include "net/bridge_helper/port_limit.h"

namespace qnetdev::helper {
namespace {

void say(std::string_view verdict, std::string_view text) {
    FixedText<1200> line;
    line.add(verdict).add("    ").add(text).add("\n");
    write_text(kStandardOutput, line.view());
}

bool refuse(const Refusal& why) {
    say("no  ", why.message.view());
    if (!why.hint.empty()) {
        say("hint", why.hint.view());
    }
    return false;
}

void describe_caller(const Caller& caller) {
    FixedText<1000> text;
    text.add("caller: user ").add_number(caller.uid).add(", group ").add_number(caller.gid);
    for (std::size_t i = 0; i < caller.group_count && !text.cut(); ++i) {
        text.add(i == 0 ? ", also in " : " ").add_number(caller.groups[i]);
    }
    say("    ", text.view());
}

bool check_acl(const char* path, const Caller& caller, Acl& acl) {
    const AclNoteSink sink = [](std::string_view note) {
        FixedText<900> text;
        text.add("skipped: ").add(note);
        say("note", text.view());
    };
    Refusal why;
    if (!read_acl(path, caller, acl, sink, why) || !acl.permits(why)) {
        return refuse(why);
    }
    FixedText<700> text;
    text.add("allowed: ").add(acl.allowing().view());
    say("ok  ", text.view());
    return true;
}

bool check_bridge(const Caller& caller, const Arguments& request, const Acl& acl) {
    Refusal why;
    RouteSocket socket;
    LinkInfo bridge;
    if (const int errnum = socket.open()) {
        why.set_errno("cannot open a netlink socket", errnum);
        return refuse(why);
    }
    if (!find_bridge(socket, request, acl, bridge, why)) {
        return refuse(why);
    }
    FixedText<200> text;
    text.add("bridge ").add_quoted(request.bridge).add(" exists, MTU ").add_number(bridge.mtu);
    text.add(bridge.is_up ? ", up" : ", but it is down: nothing passes until it is set up");
    say("ok  ", text.view());
    return check_port_limit({caller, acl, request, bridge}, 1, why) || refuse(why);
}

bool check_node() {
    Refusal why;
    UniqueFd node;
    if (!open_tun_node(node, why)) {
        return refuse(why);
    }
    say("ok  ", "/dev/net/tun can be opened by this caller");
    return true;
}

bool check_capability(const Caller& caller) {
    if (caller.has_net_admin) {
        say("ok  ", "CAP_NET_ADMIN is there");
        return true;
    }
    Refusal why;
    why.set().add("CAP_NET_ADMIN is missing");
    why.hint.add("install the helper set-uid root, or with setcap cap_net_admin+ep");
    return refuse(why);
}

}  // namespace

bool check_everything(const char* acl_path, const Caller& caller, const Arguments& request) {
    describe_caller(caller);
    Acl acl(caller, request);
    // Each of them, whatever the others say.
    const bool allowed = check_acl(acl_path, caller, acl);
    const bool has_bridge = check_bridge(caller, request, acl);
    const bool has_node = check_node();
    const bool has_capability = check_capability(caller);
    return allowed && has_bridge && has_node && has_capability;
}

}  // namespace qnetdev::helper
