// SPDX-License-Identifier: MIT
#include "net/validate/forward_rule.h"

#include <optional>

#include "net/validate/rules.h"
#include "qapi/scalars.h"

namespace qnetdev {
namespace {

constexpr std::int64_t kLargestPort = 65535;
constexpr std::size_t kSocketPath = 107;  // sun_path of <sys/un.h> without its NUL

constexpr std::string_view kHostForm = "[tcp|udp]:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT";
constexpr std::string_view kUnixForm = "unix:/PATH-[GUESTADDR]:GUESTPORT";
constexpr std::string_view kGuestForm =
    "[tcp]:[ADDRESS]:PORT-cmd:COMMAND or [tcp]:[ADDRESS]:PORT-CHARDEV";

/// The reason is one of a few that the monitor's hostfwd_add has for management software; what it
/// means stands in the hint.
Error reason(std::string_view text, std::string_view meaning, std::string_view form) {
    return Error(std::string(text))
        .with_stage(Stage::validate)
        .with_hint(std::string(meaning) + "; a rule is " + std::string(form));
}

/// Takes what stands before the first `separator` off the rule, and the separator.
std::optional<std::string_view> take_until(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return word;
}

/// An empty address is 0, which stands for a default.
std::optional<Ipv4> parse_address(std::string_view text) {
    return text.empty() ? 0 : parse_ipv4(text);
}

std::optional<std::uint16_t> port_in_range(std::optional<std::int64_t> number,
                                           std::int64_t smallest) {
    if (!number || *number < smallest || *number > kLargestPort) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(*number);
}

/// "[GUESTADDR]:GUESTPORT"
Result<HostForward> parse_guest(std::string_view rest, std::string_view form, HostForward forward) {
    const std::optional<std::string_view> address = take_until(rest, ':');
    if (!address) {
        return reason("Missing guest address", "':' is missing before the guest port", form);
    }
    const std::optional<Ipv4> guest = parse_address(*address);
    if (!guest) {
        return reason("Bad guest address", "the guest address must be an IPv4 address", form);
    }
    const std::optional<std::uint16_t> port = port_in_range(qapi::parse_signed(rest), 1);
    if (!port) {
        return reason("Bad guest port", "the guest port must be 1 to 65535", form);
    }
    forward.guest_address = *guest;
    forward.guest_port = *port;
    return forward;
}

/// "/PATH-[GUESTADDR]:GUESTPORT"
Result<HostForward> parse_unix(std::string_view rest) {
    const std::size_t end = rest.rfind('-');
    if (end == std::string_view::npos) {
        return reason("Missing - separator", "'-' is missing behind the path", kUnixForm);
    }
    HostForward forward;
    forward.protocol = HostForward::Protocol::unix_socket;
    forward.path = rest.substr(0, end);
    if (!forward.path.starts_with('/')) {
        return reason("Socket path is not absolute", "the path must begin with '/'", kUnixForm);
    }
    if (forward.path.size() > kSocketPath) {
        return reason("Socket path is above " + std::to_string(kSocketPath) + " bytes",
                      "the path is too long", kUnixForm);
    }
    return parse_guest(rest.substr(end + 1), kUnixForm, std::move(forward));
}

/// "[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT"
Result<HostForward> parse_inet(std::string_view rest, HostForward forward) {
    const std::optional<std::string_view> address = take_until(rest, ':');
    if (!address) {
        return reason("Missing : separator", "a second ':' is missing", kHostForm);
    }
    const std::optional<Ipv4> host = parse_address(*address);
    if (!host) {
        return reason("Bad host address", "the host address must be an IPv4 address", kHostForm);
    }
    const std::optional<std::string_view> text = take_until(rest, '-');
    if (!text) {
        return reason("Bad host port separator", "'-' is missing behind the host port", kHostForm);
    }
    const std::optional<std::uint16_t> port =
        port_in_range(text->empty() ? 0 : qapi::parse_signed(*text), 0);
    if (!port) {
        return reason("Bad host port", "the host port must be 0 to 65535", kHostForm);
    }
    forward.host_address = *host;
    forward.host_port = *port;
    return parse_guest(rest, kHostForm, std::move(forward));
}

}  // namespace

Result<HostForward> parse_hostfwd(std::string_view rule) {
    const std::optional<std::string_view> protocol = take_until(rule, ':');
    if (!protocol) {
        return reason("No : separators", "it has no ':'", kHostForm);
    }
    HostForward forward;
    if (*protocol == "unix") {
        return parse_unix(rule);
    }
    if (*protocol == "udp") {
        forward.protocol = HostForward::Protocol::udp;
    } else if (!protocol->empty() && *protocol != "tcp") {
        return reason("Bad protocol name", "the protocol must be tcp or udp", kHostForm);
    }
    return parse_inet(rule, std::move(forward));
}

Result<GuestForward> parse_guestfwd(std::string_view rule) {
    const std::optional<std::string_view> protocol = take_until(rule, ':');
    if (!protocol) {
        return reason("No : separators", "it has no ':'", kGuestForm);
    }
    if (!protocol->empty() && *protocol != "tcp") {
        return reason("Bad protocol name", "the protocol must be tcp", kGuestForm);
    }
    const std::optional<std::string_view> address = take_until(rule, ':');
    if (!address) {
        return reason("Missing : separator", "a second ':' is missing", kGuestForm);
    }
    GuestForward forward;
    const std::optional<Ipv4> server = parse_address(*address);
    if (!server) {
        return reason("Bad server address", "the address must be an IPv4 address", kGuestForm);
    }
    const std::optional<std::string_view> text = take_until(rule, '-');
    if (!text) {
        return reason("Missing - separator", "'-' is missing behind the port", kGuestForm);
    }
    const std::optional<std::uint16_t> port = port_in_range(parse_decimal(*text), 1);
    if (!port) {
        return reason("Bad server port", "the port must be 1 to 65535", kGuestForm);
    }
    forward.address = *server;
    forward.port = *port;
    forward.is_command = rule.starts_with("cmd:");
    (forward.is_command ? forward.command : forward.chardev) =
        rule.substr(forward.is_command ? 4 : 0);
    return forward;
}

}  // namespace qnetdev
