// SPDX-License-Identifier: MIT
/// The set-uid bridge helper: makes a tap, joins it to a bridge, hands its queues to the caller.
///
/// The order of the steps is what keeps it safe, and docs/bridge-helper.md explains it: nothing
/// that the caller controls is looked at before the privileges are down to one capability, and no
/// file is read before the system calls are limited.
#include <cstdlib>

#include "net/bridge_helper/acl_file.h"
#include "net/bridge_helper/answer.h"
#include "net/bridge_helper/arguments.h"
#include "net/bridge_helper/check.h"
#include "net/bridge_helper/device.h"
#include "net/bridge_helper/output.h"
#include "net/bridge_helper/ownership.h"
#include "net/bridge_helper/port_limit.h"
#include "net/bridge_helper/privileges.h"
#include "net/bridge_helper/process.h"
#include "net/bridge_helper/syscall_filter.h"

namespace qnetdev::helper {
namespace {

constexpr const char* kAclPath = QNETDEV_BRIDGE_CONF;

constexpr std::string_view kUsage =
    "usage: qnetdev-bridge-helper [--use-vnet] --fd=NUMBER --br=BRIDGE [OPTION]...\n"
    "       qnetdev-bridge-helper --check --br=BRIDGE [OPTION]...\n"
    "\n"
    "Makes a tap interface, joins it to a bridge, and sends its descriptor over the\n"
    "UNIX stream socket NUMBER, as a bridge helper of QEMU does. Who may use which\n"
    "bridge stands in " QNETDEV_BRIDGE_CONF
    ".\n"
    "\n"
    "  --use-vnet      with the virtio-net header, if the kernel has it\n"
    "  --queues=N      a multi-queue interface with N queues, up to 256\n"
    "  --ifname=NAME   name of the interface; %d in it is a free number\n"
    "  --mtu=BYTES     MTU of the interface, instead of the bridge's\n"
    "  --mac=ADDRESS   address of the interface on the host\n"
    "  --check         only tell whether it would work for this user, and why\n"
    "  --help, --version\n";

constexpr std::string_view kVersion = "qnetdev-bridge-helper " QNETDEV_VERSION "\n";

void complain(std::string_view kind, std::string_view text) {
    FixedText<1200> line;
    line.add("qnetdev-bridge-helper: ").add(kind).add(text).add("\n");
    write_text(kStandardError, line.view());
}

int fail(const Refusal& why) {
    complain("", why.message.view());
    if (!why.hint.empty()) {
        complain("hint: ", why.hint.view());
    }
    return EXIT_FAILURE;
}

/// From the access file to the answer.
bool serve(const Caller& caller, const Arguments& request, Refusal& why) {
    Acl acl(caller, request);
    const AclNoteSink sink = [](std::string_view) {};
    if (!read_acl(kAclPath, caller, acl, sink, why) || !acl.permits(why)) {
        return false;
    }
    RouteSocket socket;
    if (const int errnum = socket.open()) {
        why.set_errno("cannot open a netlink socket", errnum);
        return false;
    }
    LinkInfo bridge;
    Device device;
    device.owner = caller.uid;
    const PortLimit limit = {caller, acl, request, bridge};
    if (!find_bridge(socket, request, acl, bridge, why) || !check_port_limit(limit, 1, why) ||
        !make_device(socket, request, device, why) ||
        !join_bridge(socket, request, bridge, device, why) || !hand_over(device, why)) {
        return false;
    }
    if (!check_port_limit(limit, 0, why)) {
        delete_device(socket, device);  // the caller may have made it persistent by now
        return false;
    }
    return send_device(request.fd, device, why);
}

int run(const Caller& caller, const Arguments& request) {
    Refusal why;
    const bool serving = request.action == Arguments::Action::serve;
    if (serving && !check_socket(request.fd, why)) {
        return fail(why);
    }
    const bool tell_parent = serving && parent_wants_reasons(request.fd);
    if (!close_other_descriptors(request.fd, why) || !install_syscall_filter(why)) {
        return fail(why);
    }
    switch (request.action) {
        case Arguments::Action::help:
            write_text(kStandardOutput, kUsage);
            return EXIT_SUCCESS;
        case Arguments::Action::version:
            write_text(kStandardOutput, kVersion);
            return EXIT_SUCCESS;
        case Arguments::Action::check:
            return check_everything(kAclPath, caller, request) ? EXIT_SUCCESS : EXIT_FAILURE;
        case Arguments::Action::serve:
            break;
    }
    if (serve(caller, request, why)) {
        return EXIT_SUCCESS;
    }
    if (tell_parent) {
        send_refusal(request.fd, why);
    }
    return fail(why);
}

}  // namespace
}  // namespace qnetdev::helper

int main(int argc, char** argv) {
    using namespace qnetdev::helper;
    static Caller caller;  // its groups are too many for the stack
    Refusal why;
    Arguments arguments;
    if (!open_standard_descriptors()) {
        return EXIT_FAILURE;
    }
    if (!drop_privileges(why)) {
        return fail(why);
    }
    reset_inherited_state();
    if (!parse_arguments(argc, argv, arguments, why) || !identify_caller(caller, why)) {
        return fail(why);
    }
    caller.has_net_admin = has_net_admin();
    return run(caller, arguments);
}
