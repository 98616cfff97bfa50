// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/netdev_origin.h"
#include "net/result.h"
#include "net/validate/netdev_plan.h"
#include "net/validate/validate.h"

/// The rules, for validate.cc and for each other. All of it is pure.
namespace qnetdev {

/// An error of Stage::validate about one option; an empty `param` means about no single one.
Error broken_rule(std::string message, std::string_view param);

/// A value or name between quotes, fit for a message however long or strange it is.
std::string in_quotes(std::string_view text);

/// A text above what the kernel takes, which is told by its size and not repeated.
void check_length(std::string_view option, const std::optional<std::string>& text, std::size_t most,
                  std::vector<Error>& broken);

/// A number as C's strtol() reads it in base 10: leading blanks and a sign are allowed. Fails for
/// anything behind it and for what 64 bits cannot hold.
std::optional<std::int64_t> parse_decimal(std::string_view text);

/// A descriptor: a decimal number up to INT_MAX, or in a monitor command a name that does not begin
/// with a digit. Absent if it is neither. Whether it is open is not asked.
std::optional<FdRef> read_fd(std::string_view text, NetdevOrigin origin);

/// The same, and says what is wrong.
std::optional<FdRef> read_fd(std::string_view option, std::string_view text, NetdevOrigin origin,
                             std::vector<Error>& broken);

/// @name Hosts and ports of sockets that speak IPv4 only, as the types socket and dgram have them
///
/// A host that begins with a digit must be an IPv4 address; an empty one is any address; any other
/// is a name, which only the host can resolve. A port is a number by C's rules. Where QEMU takes a
/// part of the text and drops the rest ("1234x"), the text is refused. A port outside 0..65535,
/// which QEMU cuts to 16 bits, is refused as a limit of the system's (Stage::host), and so is an
/// IPv6 address, which QEMU hands to the resolver.
/// @{

/// "[HOST]:PORT"
void check_host_port(std::string_view option, std::string_view text, std::vector<Error>& broken);
void check_host(std::string_view option, std::string_view host, std::vector<Error>& broken);
void check_port(std::string_view option, std::string_view port, std::vector<Error>& broken);
/// @}

/// @name The types, a file for each
///
/// Each gives every rule that its options break, in QEMU's order. Those whose options name
/// descriptors append these to `fds`.
/// @{

/// The plan is meant only if nothing was appended to `broken`, and there are `defaults`.
TapPlan validate_tap(const qapi::NetdevTapOptions& tap, NetdevOrigin origin,
                     const PlanDefaults* defaults, std::vector<Error>& broken);
/// The same. What else may be wrong only the helper knows.
BridgePlan validate_bridge(const qapi::NetdevBridgeOptions& bridge, const PlanDefaults* defaults,
                           std::vector<Error>& broken);

/// Of the forwarding rules QEMU takes guestfwd before hostfwd and each list from its end. Beyond
/// what QEMU says itself: a bootfile above 127 bytes, on which it aborts.
std::vector<Error> validate_user(const qapi::NetdevUserOptions& user);

/// Whether a name resolves, and to a multicast group, is left to the host.
std::vector<Error> validate_socket(const qapi::NetdevSocketOptions& socket, NetdevOrigin origin,
                                   std::vector<FdRef>& fds);

/// The address is not looked at: QEMU connects and listens in the background, and what fails there
/// leaves the link down. The rules of `reconnect` are those of QEMU 9.2; a delay that QEMU would
/// cut to 32 bits is refused.
std::vector<Error> validate_stream(const qapi::NetdevStreamOptions& stream, NetdevOrigin origin,
                                   std::vector<FdRef>& fds);

/// Which rules hold depends on whether `remote` is a multicast group. Of a name that only the host
/// can resolve this is not known; then only what breaks the rules of both is reported.
std::vector<Error> validate_dgram(const qapi::NetdevDgramOptions& dgram, NetdevOrigin origin,
                                  std::vector<FdRef>& fds);

/// Addresses and ports may be names of services, and are left to the host.
std::vector<Error> validate_l2tpv3(const qapi::NetdevL2TPv3Options& tunnel);

/// `-net` puts everything on hub 0, so a hubport cannot take a port of its own there. Whether
/// `netdev` exists is for validate_references().
std::vector<Error> validate_hubport(const qapi::NetdevHubPortOptions& port, NetdevOrigin origin);

/// Whether `chardev` exists is for validate_references(), whether it is a socket for the host.
std::vector<Error> validate_vhost_user(const qapi::NetdevVhostUserOptions& vhost);
std::vector<Error> validate_vhost_vdpa(const qapi::NetdevVhostVDPAOptions& vdpa,
                                       NetdevOrigin origin, std::vector<FdRef>& fds);

/// What needs no program: passt refuses to run without any protocol.
std::vector<Error> validate_passt(const qapi::NetdevPasstOptions& passt);

/// Beyond QEMU: a negative `start-queue`, which it cuts to 32 bits.
std::vector<Error> validate_af_xdp(const qapi::NetdevAFXDPOptions& xdp, NetdevOrigin origin,
                                   std::vector<FdRef>& fds);

/// As far as it needs no macOS.
std::vector<Error> validate_vmnet(const qapi::NetdevVmnetHostOptions& vmnet);
std::vector<Error> validate_vmnet(const qapi::NetdevVmnetSharedOptions& vmnet);

/// A card made by -net. Whether `netdev` exists is for validate_references(); the model is the
/// machine's affair.
std::vector<Error> validate_nic(const qapi::NetLegacyNicOptions& nic);
/// @}

}  // namespace qnetdev
