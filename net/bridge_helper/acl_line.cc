// SPDX-License-Identifier: MIT
#include "net/bridge_helper/acl_line.h"

#include "net/base/limits.h"
#include "net/bridge_helper/arguments.h"

namespace qnetdev::helper {
namespace {

using Verb = AclRule::Verb;
using Subject = AclRule::Subject;

struct Keyword {
    std::string_view name;
    Verb verb;
    Subject subject;
    std::string_view usage;  ///< What stands behind it; empty for QEMU's own.
};

constexpr Keyword kKeywords[] = {
    {"allow", Verb::allow, Subject::everyone, ""},
    {"deny", Verb::deny, Subject::everyone, ""},
    {"include", Verb::include, Subject::everyone, ""},
    {"allow-user", Verb::allow, Subject::user, "USER BRIDGE"},
    {"allow-group", Verb::allow, Subject::group, "GROUP BRIDGE"},
    {"deny-user", Verb::deny, Subject::user, "USER BRIDGE"},
    {"deny-group", Verb::deny, Subject::group, "GROUP BRIDGE"},
    {"ifname", Verb::ifname, Subject::everyone, "BRIDGE PATTERN..."},
    {"ifname-user", Verb::ifname, Subject::user, "USER BRIDGE PATTERN..."},
    {"ifname-group", Verb::ifname, Subject::group, "GROUP BRIDGE PATTERN..."},
    {"mac", Verb::mac, Subject::everyone, "BRIDGE PATTERN..."},
    {"mac-user", Verb::mac, Subject::user, "USER BRIDGE PATTERN..."},
    {"mac-group", Verb::mac, Subject::group, "GROUP BRIDGE PATTERN..."},
    {"mtu", Verb::mtu, Subject::everyone, "BRIDGE MIN-MAX"},
    {"mtu-user", Verb::mtu, Subject::user, "USER BRIDGE MIN-MAX"},
    {"mtu-group", Verb::mtu, Subject::group, "GROUP BRIDGE MIN-MAX"},
    {"max-queues", Verb::max_queues, Subject::everyone, "BRIDGE NUMBER"},
    {"max-queues-user", Verb::max_queues, Subject::user, "USER BRIDGE NUMBER"},
    {"max-queues-group", Verb::max_queues, Subject::group, "GROUP BRIDGE NUMBER"},
    {"max-ports", Verb::max_ports, Subject::everyone, "BRIDGE NUMBER"},
    {"max-ports-user", Verb::max_ports, Subject::user, "USER BRIDGE NUMBER"},
    {"max-ports-group", Verb::max_ports, Subject::group, "GROUP BRIDGE NUMBER"},
};

bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trim_left(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    return text;
}

std::string_view trim(std::string_view text) {
    text = trim_left(text);
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

/// Splits at the first space, or, only if there is none, at the first tab.
bool split(std::string_view line, std::string_view& command, std::string_view& argument) {
    std::size_t place = line.find(' ');
    if (place == std::string_view::npos) {
        place = line.find('\t');
    }
    if (place == std::string_view::npos) {
        return false;
    }
    command = std::string_view(line.data(), place);
    argument = trim({line.data() + place, line.size() - place});
    return true;
}

const Keyword* find_keyword(std::string_view name) {
    for (const Keyword& keyword : kKeywords) {
        if (keyword.name == name) {
            return &keyword;
        }
    }
    return nullptr;
}

bool check_bridge(std::string_view bridge, Refusal& why) {
    if (bridge.size() >= limits::kInterfaceName) {
        why.set().add("the name of a bridge must have at most 15 bytes: ").add_quoted(bridge);
        return false;
    }
    return true;
}

/// "MIN-MAX", or one number for both.
bool parse_range(std::string_view text, AclRule& rule) {
    const std::size_t dash = text.find('-');
    const std::string_view low(text.data(), dash == std::string_view::npos ? text.size() : dash);
    std::string_view high = text;
    high.remove_prefix(dash == std::string_view::npos ? 0 : dash + 1);
    const auto first = parse_number(low, limits::bridge_helper::kMtu);
    const auto last = parse_number(high, limits::bridge_helper::kMtu);
    if (!first || !last || *first > *last) {
        return false;
    }
    rule.low = *first;
    rule.high = *last;
    return true;
}

bool parse_maximum(std::string_view text, unsigned long limit, AclRule& rule) {
    const auto number = parse_number(text, limit);
    rule.high = number.value_or(0);
    return rule.high > 0;
}

/// What stands behind the bridge.
bool parse_value(std::string_view rest, AclRule& rule) {
    rule.value = trim(rest);
    switch (rule.verb) {
        case Verb::mtu:
            return parse_range(rule.value, rule);
        case Verb::max_queues:
            return parse_maximum(rule.value, limits::kTapQueues, rule);
        case Verb::max_ports:
            return parse_maximum(rule.value, limits::bridge_helper::kPorts, rule);
        case Verb::ifname:
        case Verb::mac:
            return !rule.value.empty();
        default:
            return rule.value.empty();
    }
}

/// The keywords that QEMU does not have: words, separated by blanks.
bool parse_extension(const Keyword& keyword, std::string_view argument, AclRule& rule,
                     Refusal& why) {
    if (keyword.subject != Subject::everyone) {
        rule.who = take_word(argument);
    }
    rule.bridge = take_word(argument);
    if (rule.bridge.empty() || !parse_value(argument, rule)) {
        why.set().add("expected '").add(keyword.name).add(" ").add(keyword.usage).add("'");
        return false;
    }
    return check_bridge(rule.bridge, why);
}

}  // namespace

std::string_view take_word(std::string_view& text) {
    text = trim_left(text);
    std::size_t size = 0;
    while (size < text.size() && !is_blank(text[size])) {
        ++size;
    }
    const std::string_view word(text.data(), size);
    text.remove_prefix(size);
    return word;
}

bool parse_acl_line(std::string_view line, AclRule& rule, Refusal& why) {
    rule = {};
    line = trim_left(line);  // a blank at its end can be the separator
    if (line.empty() || line.front() == '#') {
        return true;
    }
    if (line.find('\0') != std::string_view::npos) {
        why.set().add("a NUL byte in the line");
        return false;
    }
    std::string_view command;
    std::string_view argument;
    if (!split(line, command, argument)) {
        why.set().add("expected a keyword and a blank behind it: ").add_quoted(line);
        return false;
    }
    const Keyword* keyword = find_keyword(command);
    if (keyword == nullptr) {
        why.set().add("unknown keyword ").add_quoted(command);
        return false;
    }
    rule.verb = keyword->verb;
    rule.subject = keyword->subject;
    if (!keyword->usage.empty()) {
        return parse_extension(*keyword, argument, rule, why);
    }
    if (rule.verb == Verb::include) {
        rule.value = argument;
        return true;
    }
    rule.bridge = argument;
    return check_bridge(argument, why);
}

}  // namespace qnetdev::helper
