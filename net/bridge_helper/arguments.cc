// SPDX-License-Identifier: MIT
#include "net/bridge_helper/arguments.h"

#include <algorithm>
#include <climits>

#include "net/base/limits.h"

namespace qnetdev::helper {
namespace {

namespace limit = limits::bridge_helper;

/// IPv6's least and the tun driver's greatest size (MIN_MTU and MAX_MTU in drivers/net/tun.c).
constexpr unsigned long kMinMtu = 68;
constexpr unsigned long kMaxMtu = 65535 - 14;

/// The text behind "--name=", if `word` is that option.
std::optional<std::string_view> value_of(std::string_view word, std::string_view prefix) {
    if (!word.starts_with(prefix)) {
        return {};
    }
    word.remove_prefix(prefix.size());
    return word;
}

bool bad_value(std::string_view option, std::string_view expected, std::string_view given,
               Refusal& why) {
    why.set().add("'").add(option).add("' must be ").add(expected).add(", but is ");
    why.message.add_quoted(given);
    return false;
}

bool set_fd(std::string_view value, Arguments& arguments, Refusal& why) {
    const auto number = parse_number(value, INT_MAX);
    if (!number || *number < 3) {
        return bad_value("--fd", "the number of an inherited socket, 3 or above", value, why);
    }
    arguments.fd = static_cast<int>(*number);
    return true;
}

bool set_bridge(std::string_view value, Arguments& arguments, Refusal& why) {
    if (!is_bridge_name(value)) {
        return bad_value("--br", "the name of an interface, 15 bytes at most", value, why);
    }
    arguments.bridge = value;
    return true;
}

bool set_queues(std::string_view value, Arguments& arguments, Refusal& why) {
    const auto number = parse_number(value, limits::kTapQueues);
    if (!number || *number == 0) {
        return bad_value("--queues", "a number from 1 to 256", value, why);
    }
    arguments.queues = static_cast<unsigned>(*number);
    return true;
}

bool set_ifname(std::string_view value, Arguments& arguments, Refusal& why) {
    if (!is_interface_template(value)) {
        return bad_value("--ifname", "the name of an interface, 15 bytes at most, or one with '%d'",
                         value, why);
    }
    arguments.ifname = value;
    return true;
}

bool set_mtu(std::string_view value, Arguments& arguments, Refusal& why) {
    const auto number = parse_number(value, kMaxMtu);
    if (!number || *number < kMinMtu) {
        return bad_value("--mtu", "a number from 68 to 65521", value, why);
    }
    arguments.mtu = static_cast<std::uint32_t>(*number);
    return true;
}

/// Whether the text is what format_mac() says, in either case. QEMU's other notations are not for
/// who has privileges.
bool is_plain_mac(std::string_view text, const MacAddress& mac) {
    const FixedText<17> plain = format_mac(mac);
    return std::equal(
        text.begin(), text.end(), plain.view().begin(), plain.view().end(),
        [](char a, char b) { return (a >= 'A' && a <= 'F' ? a - 'A' + 'a' : a) == b; });
}

bool set_mac(std::string_view value, Arguments& arguments, Refusal& why) {
    arguments.mac = parse_mac(value).address;
    if (!arguments.mac || !is_plain_mac(value, *arguments.mac) || arguments.mac->is_multicast() ||
        *arguments.mac == MacAddress{}) {
        return bad_value("--mac", "the unicast address xx:xx:xx:xx:xx:xx of an interface", value,
                         why);
    }
    return true;
}

struct Option {
    std::string_view prefix;
    bool (*set)(std::string_view value, Arguments& arguments, Refusal& why);
};

constexpr Option kOptions[] = {
    {"--fd=", set_fd},         {"--br=", set_bridge}, {"--queues=", set_queues},
    {"--ifname=", set_ifname}, {"--mtu=", set_mtu},   {"--mac=", set_mac},
};

/// --help and --version outrank everything, --check is a way to run.
bool set_flag(std::string_view word, Arguments& arguments) {
    using Action = Arguments::Action;
    if (word == "--use-vnet") {
        arguments.use_vnet = true;
    } else if (word == "--check") {
        arguments.action = arguments.action == Action::serve ? Action::check : arguments.action;
    } else if (word == "--help" || word == "-h") {
        arguments.action = Action::help;
    } else if (word == "--version") {
        arguments.action = Action::version;
    } else {
        return false;
    }
    return true;
}

bool parse_word(std::string_view word, Arguments& arguments, Refusal& why) {
    if (word.size() > limit::kArgumentBytes) {
        why.set().add("an argument is longer than ").add_number(limit::kArgumentBytes);
        why.message.add(" bytes");
        return false;
    }
    for (const Option& option : kOptions) {
        if (const auto value = value_of(word, option.prefix)) {
            return option.set(*value, arguments, why);
        }
    }
    if (!set_flag(word, arguments)) {
        why.set().add("unknown argument ").add_quoted(word);
        why.hint.add("qnetdev-bridge-helper --help lists what there is");
        return false;
    }
    return true;
}

bool check_required(const Arguments& arguments, Refusal& why) {
    using Action = Arguments::Action;
    if (arguments.action == Action::help || arguments.action == Action::version) {
        return true;
    }
    if (arguments.bridge.empty()) {
        why.set().add("'--br=BRIDGE' is missing");
        return false;
    }
    if (arguments.action == Action::serve && arguments.fd < 0) {
        why.set().add("'--fd=NUMBER' is missing");
        why.hint.add(
            "this program is run by the process that wants a tap; try --check --br=BRIDGE");
        return false;
    }
    return true;
}

/// Of new interfaces: what scripts and rules of the host can be expected to cope with.
bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

bool is_bridge_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7f && c != '/' && c != ':';
}

bool is_reserved(std::string_view name) {
    return name.front() == '.' || name.front() == '-' || name == "all" || name == "default";
}

}  // namespace

std::optional<unsigned long> parse_number(std::string_view text, unsigned long limit) {
    unsigned long number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9' || number > limit / 10) {
            return {};
        }
        number = number * 10 + static_cast<unsigned long>(c - '0');
    }
    if (text.empty() || number > limit) {
        return {};
    }
    return number;
}

bool is_bridge_name(std::string_view name) {
    for (const char c : name) {
        if (!is_bridge_character(c)) {
            return false;
        }
    }
    return !name.empty() && name.size() < limits::kInterfaceName;
}

bool is_interface_name(std::string_view name) {
    for (const char c : name) {
        if (!is_name_character(c)) {
            return false;
        }
    }
    return !name.empty() && name.size() < limits::kInterfaceName && !is_reserved(name);
}

bool is_interface_template(std::string_view name) {
    const std::size_t place = name.find('%');
    if (place == std::string_view::npos) {
        return is_interface_name(name);
    }
    if (name.size() >= limits::kInterfaceName || is_reserved(name) || place + 1 == name.size() ||
        name[place + 1] != 'd') {
        return false;
    }
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (i != place && !is_name_character(name[i])) {
            return false;
        }
    }
    return true;
}

bool parse_arguments(int argc, const char* const* argv, Arguments& arguments, Refusal& why) {
    if (argc > static_cast<int>(limit::kArguments)) {
        why.set().add("more than ").add_number(limit::kArguments).add(" arguments");
        return false;
    }
    for (int i = 1; i < argc; ++i) {
        if (!parse_word(argv[i], arguments, why)) {
            return false;
        }
    }
    return check_required(arguments, why);
}

}  // namespace qnetdev::helper
