// SPDX-License-Identifier: MIT
#include "net/cli/run/monitor_address.h"

#include <grp.h>

#include <charconv>
#include <utility>

#include "qapi/scalars.h"

namespace qnetdev::cli {
namespace {

Error bad_address(std::string message) {
    return Error(std::move(message)).with_stage(Stage::parse);
}

/// Cuts at single commas; `,,` is a comma.
std::vector<std::string> split_commas(std::string_view text) {
    std::vector<std::string> parts(1);
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != ',') {
            parts.back().push_back(text[at]);
        } else if (at + 1 < text.size() && text[at + 1] == ',') {
            parts.back().push_back(text[at++]);
        } else {
            parts.emplace_back();
        }
    }
    return parts;
}

template <class Number>
Result<Number> parse_number(std::string_view what, std::string_view text, int base = 10) {
    Number number = {};
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number, base);
    if (text.empty() || error != std::errc() || end != text.end()) {
        return bad_address("'" + std::string(what) + "' must be a number, not '" +
                           std::string(text) + "'");
    }
    return number;
}

Result<bool> parse_switch(const std::string& key, const std::string& value) {
    const std::optional<bool> on = qapi::parse_bool(value);
    if (!on) {
        return bad_address("'" + key + "' must be on or off, not '" + value + "'");
    }
    return *on;
}

Result<gid_t> find_group(const std::string& name) {
    if (!name.empty() && name.find_first_not_of("0123456789") == name.npos) {
        return parse_number<gid_t>("group", name);
    }
    const group* found = getgrnam(name.c_str());
    if (found == nullptr) {
        return bad_address("there is no group '" + name + "'");
    }
    return found->gr_gid;
}

/// The part before the first comma.
Result<void> parse_place(std::string_view text, MonitorAddress& address) {
    if (text == "stdio") {
        address.place = MonitorAddress::Stdio{};
        return {};
    }
    const std::size_t colon = text.find(':');
    const std::string_view kind = text.substr(0, colon);
    const std::string_view rest = colon == text.npos ? "" : text.substr(colon + 1);
    if (kind == "unix" && !rest.empty()) {
        address.place = MonitorAddress::Unix{std::string(rest)};
        return {};
    }
    if (kind == "tcp" && rest.rfind(':') != rest.npos) {
        const std::size_t last = rest.rfind(':');
        std::string_view host = rest.substr(0, last);
        if (host.starts_with('[') && host.ends_with(']')) {
            host = host.substr(1, host.size() - 2);
        }
        address.place = MonitorAddress::Tcp{std::string(host), std::string(rest.substr(last + 1))};
        return {};
    }
    if (kind == "fd" && !rest.empty()) {
        const int fd = NET_TRY(parse_number<int>("fd", rest));
        address.place = MonitorAddress::Inherited{fd};
        return {};
    }
    return bad_address(
        "a monitor's address is unix:PATH, tcp:HOST:PORT, stdio or fd:NUMBER, not '" +
        std::string(text) + "'");
}

Result<void> parse_unix_option(const std::string& key, const std::string& value,
                               MonitorAddress& address) {
    auto* place = std::get_if<MonitorAddress::Unix>(&address.place);
    if (place == nullptr) {
        return bad_address("'" + key + "' is only for unix: addresses");
    }
    if (key == "mode") {
        place->mode = NET_TRY(parse_number<mode_t>("mode", value, 8));
        if (place->mode > 0777) {
            return bad_address("'mode' must be 0 to 0777, in octal digits");
        }
    } else {
        place->group = NET_TRY(find_group(value));
    }
    return {};
}

Result<void> parse_uid(const std::string& value, MonitorAddress& address) {
    if (std::holds_alternative<MonitorAddress::Stdio>(address.place)) {
        return bad_address("'uid' is only for sockets");
    }
    if (value == "any") {
        address.any_user = true;
    } else {
        const uid_t uid = NET_TRY(parse_number<uid_t>("uid", value));
        address.uids.push_back(uid);
    }
    if (address.any_user && !address.uids.empty()) {
        return bad_address("'uid' must be any or numbers, not both");
    }
    return {};
}

Result<void> parse_option(std::string_view text, MonitorAddress& address) {
    const std::size_t equals = text.find('=');
    const std::string key(text.substr(0, equals));
    const bool flag = equals == text.npos;
    const std::string value(flag ? "on" : text.substr(equals + 1));
    if (key == "server") {
        address.server = NET_TRY(parse_switch(key, value));
    } else if (key == "wait") {
        address.wait = NET_TRY(parse_switch(key, value));
    } else if (flag && key == "nowait") {
        address.wait = false;
    } else if (key == "pretty") {
        address.pretty = NET_TRY(parse_switch(key, value));
    } else if (key == "mode" || key == "group") {
        return parse_unix_option(key, value, address);
    } else if (key == "uid") {
        return parse_uid(value, address);
    } else {
        return bad_address("a monitor's address has no option '" + key + "'")
            .with_hint("there are server, wait, pretty, mode, group and uid");
    }
    return {};
}

}  // namespace

Result<MonitorAddress> parse_monitor_address(std::string_view text) {
    MonitorAddress address;
    address.text = text;
    const std::vector<std::string> parts = split_commas(text);
    NET_TRY(parse_place(parts.front(), address));
    for (std::size_t i = 1; i < parts.size(); ++i) {
        NET_TRY(parse_option(parts[i], address));
    }
    return address;
}

}  // namespace qnetdev::cli
