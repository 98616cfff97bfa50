// SPDX-License-Identifier: MIT
#include "net/validate/rules.h"

#include <charconv>
#include <limits>
#include <utility>

#include "net/validate/addresses.h"
#include "qapi/scalars.h"
#include "qapi/utf8.h"

namespace qnetdev {
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
        broken.push_back(
            broken_rule(subject.words + " must be a number, not " + in_quotes(port), subject.option)
                .with_hint("names of services are not looked up: write 80 for http"));
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

Error broken_rule(std::string message, std::string_view param) {
    return Error(std::move(message)).with_stage(Stage::validate).with_param(std::string(param));
}

std::string in_quotes(std::string_view text) {
    return "'" + qapi::printable(text) + "'";
}

void check_length(std::string_view option, const std::optional<std::string>& text, std::size_t most,
                  std::vector<Error>& broken) {
    if (text && text->size() > most) {
        broken.push_back(broken_rule(in_quotes(option) + " must have at most " +
                                         std::to_string(most) + " bytes, but has " +
                                         std::to_string(text->size()),
                                     option)
                             .with_stage(Stage::host));
    }
}

std::optional<std::int64_t> parse_decimal(std::string_view text) {
    const std::size_t start = text.find_first_not_of(" \t\n\v\f\r");
    if (start == std::string_view::npos) {
        return std::nullopt;
    }
    text.remove_prefix(start);
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
        text.remove_prefix(1);
    }
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    return problem == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

std::optional<FdRef> read_fd(std::string_view text, NetdevOrigin origin) {
    const bool is_name = !text.empty() && (text.front() < '0' || text.front() > '9');
    if (origin == NetdevOrigin::monitor && is_name) {
        return FdRef{.text = std::string(text)};
    }
    const std::optional<std::int64_t> number = parse_decimal(text);
    if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) {
        return std::nullopt;
    }
    return FdRef{.text = std::string(text), .number = static_cast<int>(*number)};
}

std::optional<FdRef> read_fd(std::string_view option, std::string_view text, NetdevOrigin origin,
                             std::vector<Error>& broken) {
    std::optional<FdRef> fd = read_fd(text, origin);
    if (!fd) {
        broken.push_back(
            broken_rule(in_quotes(option) + " must be a descriptor number, not " + in_quotes(text),
                        option)
                .with_hint(origin == NetdevOrigin::monitor
                               ? "names passed with getfd do not start with a digit"
                               : "names work only in monitor commands"));
    }
    return fd;
}

void check_host_port(std::string_view option, std::string_view text, std::vector<Error>& broken) {
    const std::size_t colon =
        text.starts_with('[') ? text.find("]:") + 1 : text.find(':');  // npos + 1 is 0
    if (colon == std::string_view::npos || (colon == 0 && text.starts_with('['))) {
        const bool is_port = qapi::parse_signed(text).has_value();
        broken.push_back(
            broken_rule(in_quotes(option) + " must be HOST:PORT, not " + in_quotes(text), option)
                .with_hint("add a " + std::string(is_port ? "colon: " : "port, such as ") +
                           std::string(option) + "=" + (is_port ? ":" : "") +
                           qapi::printable(text, 64) + (is_port ? "" : ":4000")));
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

}  // namespace qnetdev
