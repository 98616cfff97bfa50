// SPDX-License-Identifier: MIT
#include "net/validate/host_port.h"

#include <cstdint>
#include <string>

#include "net/validate/rule.h"
#include "qapi/scalars.h"

namespace net {
namespace {

constexpr std::int64_t kLargestPort = 65535;

/// What a message calls a value, and the option it is about.
struct Subject {
    std::string words = {};
    std::string_view option = {};
};

bool is_ipv6(std::string_view host) {
    return host.starts_with('[') || parse_ipv6(host).has_value();
}

void check_host(const Subject& subject, std::string_view host, std::vector<Error>& broken) {
    if (is_ipv6(host)) {
        broken.push_back(
            broken_rule(
                subject.words + " must be an IPv4 address or a host name, not " + in_quotes(host),
                subject.option)
                .with_stage(Stage::host)
                .with_hint("the stream type speaks IPv6"));
    } else if (!host.empty() && host.front() >= '0' && host.front() <= '9' && !parse_ipv4(host)) {
        broken.push_back(
            broken_rule(
                subject.words + " must be an IPv4 address or a host name, not " + in_quotes(host),
                subject.option)
                .with_hint("a host that starts with a digit is read as an address"));
    }
}

void check_port(const Subject& subject, std::string_view port, std::vector<Error>& broken) {
    const std::optional<std::int64_t> number = qapi::parse_signed(port);
    if (!number) {
        broken.push_back(broken_rule(subject.words + " must be a number, not " + in_quotes(port),
                                     subject.option));
    } else if (*number < 0 || *number > kLargestPort) {
        broken.push_back(broken_rule(subject.words + " must be 0 to " +
                                         std::to_string(kLargestPort) + ", but is " +
                                         std::to_string(*number),
                                     subject.option)
                             .with_stage(Stage::host)
                             .with_hint("ports have 16 bits"));
    }
}

}  // namespace

void check_host_port(std::string_view option, std::string_view text, std::vector<Error>& broken) {
    const std::size_t colon =
        text.starts_with('[') ? text.find("]:") + 1 : text.find(':');  // npos + 1 is 0
    if (colon == std::string_view::npos || (colon == 0 && text.starts_with('['))) {
        broken.push_back(
            broken_rule(in_quotes(option) + " must be HOST:PORT, not " + in_quotes(text), option));
        return;
    }
    check_host({"the host of " + in_quotes(option), option}, text.substr(0, colon), broken);
    check_port({"the port of " + in_quotes(option), option}, text.substr(colon + 1), broken);
}

void check_host(std::string_view option, std::string_view host, std::vector<Error>& broken) {
    check_host(Subject{in_quotes(option), option}, host, broken);
}

void check_port(std::string_view option, std::string_view port, std::vector<Error>& broken) {
    check_port(Subject{in_quotes(option), option}, port, broken);
}

std::optional<Ipv4> known_address(std::string_view host) {
    if (host.empty()) {
        return 0;
    }
    if (host == "localhost") {
        return 0x7f000001;
    }
    return host.front() >= '0' && host.front() <= '9' ? parse_ipv4(host) : std::nullopt;
}

}  // namespace net
