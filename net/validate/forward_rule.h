// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/result.h"
#include "net/validate/addresses.h"

/// The grammar of `hostfwd` and `guestfwd` rules, also of the monitor's hostfwd_add.
///
/// The message of an error is only the reason, such as "Bad host port": whoever has the rule puts
/// it into a sentence. QEMU's reasons keep QEMU's wording, as hostfwd_add prints them. Addresses
/// are IPv4 numbers. Ports are read by C's rules and refused outside their range; QEMU cuts those
/// that need more than 32 bits.
namespace qnetdev {

/// Connections to a port or socket of the host that go to the guest.
struct HostForward {
    enum class Protocol : std::uint8_t { tcp, udp, unix_socket };

    Protocol protocol = Protocol::tcp;
    Ipv4 host_address = 0;        ///< 0: any.
    std::uint16_t host_port = 0;  ///< 0: the system's choice.
    std::string path = {};        ///< Of a unix_socket, absolute.
    Ipv4 guest_address = 0;       ///< 0: the first DHCP address.
    std::uint16_t guest_port = 0;
};

/// "[tcp|udp]:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT", or since QEMU 10.2
/// "unix:/PATH-[GUESTADDR]:GUESTPORT", where the last '-' ends PATH.
///
/// An empty HOSTPORT is 0, as in QEMU.
Result<HostForward> parse_hostfwd(std::string_view rule);

/// Connections of the guest to an address of the virtual network that go to the host.
struct GuestForward {
    Ipv4 address = 0;  ///< 0: the fourth of the network.
    std::uint16_t port = 0;
    std::string command = {};  ///< A process for each connection, or,
    std::string chardev = {};  ///< if not `is_command`, the character device.
    bool is_command = false;
};

/// "[tcp]:[ADDRESS]:PORT-cmd:COMMAND" or "[tcp]:[ADDRESS]:PORT-CHARDEV"; PORT is decimal.
///
/// QEMU gives no reason for a bad guestfwd; these are ours.
Result<GuestForward> parse_guestfwd(std::string_view rule);

}  // namespace qnetdev
