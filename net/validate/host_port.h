// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "net/result.h"
#include "net/validate/inet.h"

/// Hosts and ports of sockets that speak IPv4 only, as the types socket and dgram have them
/// in QEMU.
///
/// A host that begins with a digit must be an IPv4 address; an empty one is any address; any other
/// is a name, which only the host can resolve. A port is a number by C's rules. Where QEMU takes a
/// part of the text and drops the rest ("1234x"), the text is refused. A port outside 0..65535,
/// which QEMU cuts to 16 bits, is refused as a limit of the system's (Stage::host), and so is an
/// IPv6 address, which QEMU hands to the resolver.
namespace net {

/// Checks "[HOST]:PORT".
void check_host_port(std::string_view option, std::string_view text, std::vector<Error>& broken);

/// Checks a host that stands alone.
void check_host(std::string_view option, std::string_view host, std::vector<Error>& broken);

/// Checks a port that stands alone.
void check_port(std::string_view option, std::string_view port, std::vector<Error>& broken);

/// The host's address where it is known without asking: empty is 0.0.0.0, localhost 127.0.0.1.
std::optional<Ipv4> known_address(std::string_view host);

}  // namespace net
