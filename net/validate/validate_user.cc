// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string>

#include "net/validate/addresses.h"
#include "net/validate/forward_rule.h"
#include "net/validate/rules.h"

namespace qnetdev {
namespace {

using User = qapi::NetdevUserOptions;
using Text = std::optional<std::string>;
using Rules = std::optional<std::vector<qapi::String>>;

constexpr std::size_t kDhcpText = 255;       // an option's length is one byte (RFC 2132)
constexpr std::size_t kBootFile = 127;       // 128 bytes with the NUL (RFC 951)
constexpr std::int64_t kPrefixBits = 126;    // host and name server need two bits
constexpr std::int64_t kDefaultPrefix = 64;  // also for 0
constexpr std::size_t kBadRules = 100;       // of one option, told one by one; the rest is counted

/// One protocol, whether it is on, and what turned it off.
struct Protocol {
    const char* name;
    const char* option;
    const char* other;
    bool on;
    bool named;  ///< Its own option is given.
};

bool is_on(const std::optional<bool>& own, const std::optional<bool>& other) {
    return own.value_or(other != true);
}

void refuse_while_off(const Protocol& protocol, const char* option, const Text& value,
                      std::vector<Error>& broken) {
    if (protocol.on || !value) {
        return;
    }
    const std::string own = protocol.option;
    broken.push_back(
        broken_rule(in_quotes(option) + " needs " + protocol.name + ", which is off", option)
            .with_hint(protocol.named ? "drop " + in_quotes(option) + ", or set " + own + "=on"
                                      : std::string(protocol.other) + "=on alone turns " +
                                            protocol.name + " off: add " + own + "=on"));
}

void check_protocols(const User& user, std::vector<Error>& broken) {
    const Protocol ipv4{"IPv4", "ipv4", "ipv6", is_on(user.ipv4, user.ipv6), user.ipv4.has_value()};
    const Protocol ipv6{"IPv6", "ipv6", "ipv4", is_on(user.ipv6, user.ipv4), user.ipv6.has_value()};
    if (user.net || !user.ip) {
        refuse_while_off(ipv4, "net", user.net, broken);
    } else {
        refuse_while_off(ipv4, "ip", user.ip, broken);
    }
    refuse_while_off(ipv4, "host", user.host, broken);
    refuse_while_off(ipv4, "dns", user.dns, broken);
    refuse_while_off(ipv6, "ipv6-prefix", user.ipv6_prefix, broken);
    refuse_while_off(ipv6, "ipv6-host", user.ipv6_host, broken);
    refuse_while_off(ipv6, "ipv6-dns", user.ipv6_dns, broken);
    if (!ipv4.on && !ipv6.on) {
        broken.push_back(broken_rule("'ipv4' and 'ipv6' cannot both be off", ""));
    }
}

/// An address by its option; unknown if that is malformed, or if its default depends on such.
using Address = std::optional<Ipv4>;

Address read_address(const char* option, const Text& text, const Address& fallback,
                     std::vector<Error>& broken) {
    if (!text) {
        return fallback;
    }
    const Address address = parse_ipv4(*text);
    if (!address) {
        broken.push_back(broken_rule(
            in_quotes(option) + " must be an IPv4 address, not " + in_quotes(*text), option));
    }
    return address;
}

/// The IPv4 side of the network as far as it can be told.
struct Ipv4Side {
    std::optional<Ipv4Network> net = {};
    Address host = {};
    Address dns = {};

    Address at(Ipv4 bits) const { return net ? Address(net->at(bits)) : std::nullopt; }
};

void check_inside(const Ipv4Side& side, const char* option, const Address& address,
                  std::vector<Error>& broken) {
    if (side.net && address && !side.net->contains(*address)) {
        broken.push_back(broken_rule(in_quotes(option) + " must be inside the network " +
                                         network_text(*side.net) + ", but is " +
                                         ipv4_text(*address),
                                     option)
                             .with_hint("choose one inside it, or another network by 'net'"));
    }
}

void check_differs(const char* option, const Address& address, const char* other,
                   const Address& taken, std::vector<Error>& broken) {
    if (address && address == taken) {
        broken.push_back(broken_rule(in_quotes(option) + " must differ from " + in_quotes(other) +
                                         ", but both are " + ipv4_text(*address),
                                     option)
                             .with_hint("what is not given has a place of its own in the network"));
    }
}

std::optional<Ipv4Network> read_network(const User& user, std::vector<Error>& broken) {
    if (!user.net && !user.ip) {
        return kDefaultUserNetwork;
    }
    Result<Ipv4Network> net = user.net ? parse_user_network("net", *user.net)
                                       : parse_user_network("ip", *user.ip + "/24");
    if (net) {
        return *net;
    }
    broken.push_back(std::move(net).error());
    return std::nullopt;
}

Ipv4Side check_ipv4(const User& user, std::vector<Error>& broken) {
    Ipv4Side side;
    side.net = read_network(user, broken);
    side.host = read_address("host", user.host, side.at(kUserHost), broken);
    check_inside(side, "host", side.host, broken);
    side.dns = read_address("dns", user.dns, side.at(kUserDns), broken);
    if (user.restrict_ == true) {
        check_inside(side, "dns", side.dns, broken);
    }
    check_differs("dns", side.dns, "host", side.host, broken);
    const Address dhcp = read_address("dhcpstart", user.dhcpstart, side.at(kUserDhcpStart), broken);
    check_inside(side, "dhcpstart", dhcp, broken);
    check_differs("dhcpstart", dhcp, "host", side.host, broken);
    check_differs("dhcpstart", dhcp, "dns", side.dns, broken);
    return side;
}

/// Whether libslirp takes a server of its own at the address: inside, and neither host nor dns.
std::optional<std::string> why_not_free(const Ipv4Side& side, Ipv4 address) {
    if (side.net && !side.net->contains(address)) {
        return ipv4_text(address) + " is outside the network " + network_text(*side.net);
    }
    if (address == side.host || address == side.dns) {
        return ipv4_text(address) + " is the address of '" +
               (address == side.host ? "host" : "dns") + "'";
    }
    return std::nullopt;
}

std::optional<Ipv6> read_ipv6(const char* option, const std::string& text,
                              std::vector<Error>& broken) {
    const std::optional<Ipv6> address = parse_ipv6(text);
    if (!address) {
        broken.push_back(broken_rule(
            in_quotes(option) + " must be an IPv6 address, not " + in_quotes(text), option));
    }
    return address;
}

void check_ipv6(const User& user, std::vector<Error>& broken) {
    const std::string prefix_text = user.ipv6_prefix.value_or("fec0::");
    const std::optional<Ipv6> prefix = read_ipv6("ipv6-prefix", prefix_text, broken);
    const std::int64_t given = user.ipv6_prefixlen.value_or(0);
    const std::int64_t bits = given == 0 ? kDefaultPrefix : given;
    const bool fits = bits >= 0 && bits <= kPrefixBits;
    if (!fits) {
        broken.push_back(broken_rule("'ipv6-prefixlen' must be 0 to " +
                                         std::to_string(kPrefixBits) + ", but is " +
                                         std::to_string(bits),
                                     "ipv6-prefixlen"));
    }
    const auto check = [&](const char* option, const Text& text, bool must_be_inside) {
        const std::optional<Ipv6> address =
            text ? read_ipv6(option, *text, broken) : std::optional<Ipv6>();
        if (must_be_inside && address && prefix && fits &&
            !same_prefix(*address, *prefix, static_cast<int>(bits))) {
            broken.push_back(broken_rule(in_quotes(option) + " must be inside the network " +
                                             prefix_text + "/" + std::to_string(bits) +
                                             ", but is " + *text,
                                         option));
        }
    };
    check("ipv6-host", user.ipv6_host, true);
    check("ipv6-dns", user.ipv6_dns, user.restrict_ == true);
}

void check_length(const char* option, const Text& text, std::size_t limit,
                  std::vector<Error>& broken) {
    if (text && text->size() > limit) {
        broken.push_back(broken_rule(in_quotes(option) + " must have at most " +
                                         std::to_string(limit) + " bytes, but has " +
                                         std::to_string(text->size()),
                                     option));
    }
}

void check_texts(const User& user, std::vector<Error>& broken) {
    if (user.domainname == "") {
        broken.push_back(broken_rule("'domainname' must not be empty", "domainname"));
    }
    check_length("domainname", user.domainname, kDhcpText, broken);
    check_length("hostname", user.hostname, kDhcpText, broken);
    check_length("tftp-server-name", user.tftp_server_name, kDhcpText, broken);
    check_length("bootfile", user.bootfile, kBootFile, broken);
}

Error bad_forward(const char* option, const std::string& rule, const std::string& reason) {
    return broken_rule(
        in_quotes(option) + " has the invalid rule " + in_quotes(rule) + " (" + reason + ")",
        option);
}

/// Calls `check`, which gives what is wrong, with each rule from the last to the first, as QEMU
/// does.
template <class Check>
void check_rules(const char* option, const Rules& rules, std::vector<Error>& broken,
                 const Check& check) {
    if (!rules) {
        return;
    }
    std::size_t count = 0;
    Stage stage = Stage::host;  // of those that are only counted
    std::for_each(rules->rbegin(), rules->rend(), [&](const qapi::String& rule) {
        std::optional<Error> error = check(rule.str);
        if (!error) {
            return;
        }
        if (++count <= kBadRules) {
            broken.push_back(*std::move(error));
        } else if (error->stage() != Stage::host) {
            stage = error->stage();
        }
    });
    if (count > kBadRules) {
        broken.push_back(broken_rule(in_quotes(option) + " has " +
                                         std::to_string(count - kBadRules) + " more invalid rules",
                                     option)
                             .with_stage(stage));
    }
}

void check_forwards(const User& user, const Ipv4Side& side, std::vector<Error>& broken) {
    using Finding = std::optional<Error>;
    check_rules("guestfwd", user.guestfwd, broken, [&](const std::string& rule) -> Finding {
        const Result<GuestForward> forward = parse_guestfwd(rule);
        if (!forward) {
            return bad_forward("guestfwd", rule, forward.error().message())
                .with_hint(forward.error().hint());
        }
        const Address server = forward->address != 0 ? forward->address : side.at(kUserServer);
        const std::optional<std::string> reason =
            server ? why_not_free(side, *server) : std::nullopt;
        if (!reason) {
            return std::nullopt;
        }
        // QEMU asks for the address once it has the other end: a character device is the host's.
        return bad_forward("guestfwd", rule, *reason)
            .with_stage(forward->is_command ? Stage::validate : Stage::host);
    });
    check_rules("hostfwd", user.hostfwd, broken, [](const std::string& rule) -> Finding {
        const Result<HostForward> forward = parse_hostfwd(rule);
        if (forward) {
            return std::nullopt;
        }
        return bad_forward("hostfwd", rule, forward.error().message())
            .with_hint(forward.error().hint());
    });
}

/// The server's address matters only with a share; 0 is the default.
void check_smb(const User& user, const Ipv4Side& side, const Address& smbserver,
               std::vector<Error>& broken) {
    const Address server = smbserver == Ipv4{0} ? side.at(kUserServer) : smbserver;
    if (!user.smb || !server) {
        return;
    }
    if (const std::optional<std::string> reason = why_not_free(side, *server)) {
        broken.push_back(broken_rule(
            "'smbserver' must be a free address of the network, but " + *reason, "smbserver"));
    }
}

}  // namespace

std::vector<Error> validate_user(const User& user) {
    std::vector<Error> broken;
    check_protocols(user, broken);
    const Ipv4Side side = check_ipv4(user, broken);
    const Address smbserver =
        read_address("smbserver", user.smbserver, side.at(kUserServer), broken);
    check_ipv6(user, broken);
    check_texts(user, broken);
    check_forwards(user, side, broken);
    check_smb(user, side, smbserver, broken);
    return broken;
}

}  // namespace qnetdev
