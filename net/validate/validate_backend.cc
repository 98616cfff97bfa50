// SPDX-License-Identifier: MIT
#include "net/validate/validate_backend.h"

#include <algorithm>
#include <variant>

#include "net/validate/rule.h"
#include "net/validate/validate_af_xdp.h"
#include "net/validate/validate_dgram.h"
#include "net/validate/validate_hubport.h"
#include "net/validate/validate_l2tpv3.h"
#include "net/validate/validate_nic.h"
#include "net/validate/validate_passt.h"
#include "net/validate/validate_socket.h"
#include "net/validate/validate_stream.h"
#include "net/validate/validate_user.h"
#include "net/validate/validate_vhost.h"
#include "net/validate/validate_vmnet.h"

namespace net {
namespace {

using Findings = std::vector<Error>;

/// One overload for each alternative of the Netdev variant: a type without one does not compile.
struct Validate {
    NetdevOrigin origin;

    Findings operator()(const qapi::NetdevNone&) const {
        return {broken_rule("'type' none is no backend", "type")
                    .with_hint("-nic none leaves the guest without a network")};
    }
    Findings operator()(const qapi::NetLegacyNicOptions& nic) const {
        if (origin == NetdevOrigin::net_option) {
            return validate_nic(nic);
        }
        return {broken_rule("'type' nic is a card, not a backend", "type")
                    .with_hint("use -net nic or -device for the card")};
    }
    Findings operator()(const qapi::NetdevUserOptions& user) const { return validate_user(user); }
    Findings operator()(const qapi::NetdevTapOptions&) const { return {}; }
    Findings operator()(const qapi::NetdevL2TPv3Options& tunnel) const {
        return validate_l2tpv3(tunnel);
    }
    Findings operator()(const qapi::NetdevSocketOptions& socket) const {
        return validate_socket(socket, origin);
    }
    Findings operator()(const qapi::NetdevStreamOptions& stream) const {
        return validate_stream(stream);
    }
    Findings operator()(const qapi::NetdevDgramOptions& dgram) const {
        return validate_dgram(dgram, origin);
    }
    Findings operator()(const qapi::NetdevVdeOptions&) const { return {}; }
    Findings operator()(const qapi::NetdevBridgeOptions&) const { return {}; }
    Findings operator()(const qapi::NetdevHubPortOptions& port) const {
        return validate_hubport(port, origin);
    }
    Findings operator()(const qapi::NetdevNetmapOptions&) const { return {}; }
    Findings operator()(const qapi::NetdevVhostUserOptions& vhost) const {
        return validate_vhost_user(vhost);
    }
    Findings operator()(const qapi::NetdevVhostVDPAOptions& vdpa) const {
        return validate_vhost_vdpa(vdpa, origin);
    }
    Findings operator()(const qapi::NetdevPasstOptions& passt) const {
        return validate_passt(passt);
    }
    Findings operator()(const qapi::NetdevAFXDPOptions& xdp) const {
        return validate_af_xdp(xdp, origin);
    }
    Findings operator()(const qapi::NetdevVmnetHostOptions& vmnet) const {
        return validate_vmnet(vmnet);
    }
    Findings operator()(const qapi::NetdevVmnetSharedOptions& vmnet) const {
        return validate_vmnet(vmnet);
    }
    Findings operator()(const qapi::NetdevVmnetBridgedOptions& vmnet) const {
        return validate_vmnet(vmnet);
    }
};

}  // namespace

std::vector<Error> validate_backend(const qapi::Netdev& netdev, NetdevOrigin origin) {
    Findings broken = std::visit(Validate{origin}, netdev.branch);
    std::stable_partition(broken.begin(), broken.end(),
                          [](const Error& error) { return error.stage() != Stage::host; });
    return broken;
}

}  // namespace net
