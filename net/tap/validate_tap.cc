// SPDX-License-Identifier: MIT
#include "net/tap/validate_tap.h"

#include <set>
#include <string>

#include "net/base/limits.h"
#include "net/tap/fd_list.h"
#include "net/tap/ifname.h"
#include "net/validate/descriptor.h"
#include "net/validate/rule.h"

namespace net {
namespace {

constexpr std::size_t kMaxFds = 1024;  // queues that a NIC of QEMU can take

using Tap = qapi::NetdevTapOptions;

struct Presence {
    const char* name;
    bool given;
};

std::string join_names(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += i == 0 ? "" : (i + 1 == names.size() ? " and " : ", ");
        text += "'" + names[i] + "'";
    }
    return text;
}

/// "'ifname' and 'queues' cannot be used with 'fd'", for those that are given.
void refuse_with(const char* source, std::initializer_list<Presence> members,
                 std::vector<Error>& broken) {
    std::vector<std::string> clashing;
    for (const Presence& member : members) {
        if (member.given) {
            clashing.emplace_back(member.name);
        }
    }
    if (!clashing.empty()) {
        const std::string names = join_names(clashing);
        broken.push_back(broken_rule(names + " cannot be used with '" + source + "'", source)
                             .with_hint("drop " + names + ", or drop '" + source + "'"));
    }
}

void check_hub(const Tap& tap, NetdevOrigin origin, std::vector<Error>& broken) {
    if (origin != NetdevOrigin::net_option) {
        return;
    }
    for (const Presence& member :
         {Presence{"queues", tap.queues.has_value()}, Presence{"fds", tap.fds.has_value()},
          Presence{"vhostfds", tap.vhostfds.has_value()}}) {
        if (member.given) {
            broken.push_back(broken_rule("'" + std::string(member.name) +
                                             "' cannot be used with -net: hubs have one queue",
                                         member.name)
                                 .with_hint("use -netdev or -nic"));
        }
    }
}

void check_vhost(const Tap& tap, std::vector<Error>& broken) {
    if (tap.vhost != false) {
        return;
    }
    for (const Presence& member : {Presence{"vhostfd", tap.vhostfd.has_value()},
                                   Presence{"vhostfds", tap.vhostfds.has_value()}}) {
        if (member.given) {
            broken.push_back(
                broken_rule("'" + std::string(member.name) + "' is given, but 'vhost' is off",
                            member.name)
                    .with_hint("drop '" + std::string(member.name) + "', or set vhost=on"));
        }
    }
}

void check_conflicts(const Tap& tap, std::vector<Error>& broken) {
    const Presence ifname{"ifname", tap.ifname.has_value()};
    const Presence script{"script", tap.script.has_value()};
    const Presence downscript{"downscript", tap.downscript.has_value()};
    const Presence vnet_hdr{"vnet_hdr", tap.vnet_hdr.has_value()};
    const Presence helper{"helper", tap.helper.has_value()};
    const Presence queues{"queues", tap.queues.has_value()};
    const Presence fds{"fds", tap.fds.has_value()};
    const Presence vhostfd{"vhostfd", tap.vhostfd.has_value()};
    const Presence vhostfds{"vhostfds", tap.vhostfds.has_value()};
    if (tap.fd.has_value()) {
        refuse_with("fd", {ifname, script, downscript, vnet_hdr, helper, queues, fds, vhostfds},
                    broken);
    } else if (tap.fds.has_value()) {
        refuse_with("fds", {ifname, script, downscript, vnet_hdr, helper, queues, vhostfd}, broken);
    } else if (tap.helper.has_value()) {
        // As an extension a helper may be asked for several queues, and they may have vhost.
        const bool multi_queue = tap.queues.has_value();
        const Presence lone_vhostfds{"vhostfds", tap.vhostfds.has_value() && !multi_queue};
        refuse_with("helper", {ifname, script, downscript, vnet_hdr, lone_vhostfds}, broken);
    } else if (tap.vhostfds.has_value()) {
        broken.push_back(
            broken_rule("'vhostfds' cannot be used without 'fds'", "vhostfds")
                .with_hint("use 'vhostfd' for a single queue, or pass the tap with 'fds'"));
    }
}

/// Whether the token is a name that a monitor was given with getfd.
bool is_fd_name(std::string_view token, NetdevOrigin origin) {
    return origin == NetdevOrigin::monitor && !is_fd_number(token);
}

void check_fd_token(const char* option, std::string_view token, NetdevOrigin origin,
                    std::vector<Error>& broken) {
    if (token.empty()) {
        broken.push_back(broken_rule("'" + std::string(option) + "' has an empty entry", option));
    } else {
        check_descriptor(option, token, origin, broken);
    }
}

/// Numbers are compared as numbers: 3, 03 and +3 are one descriptor.
void check_repeats(const char* option, const std::vector<std::string_view>& tokens,
                   NetdevOrigin origin, std::vector<Error>& broken) {
    std::set<std::string> seen;
    for (const std::string_view token : tokens) {
        const std::optional<int> number =
            is_fd_name(token, origin) ? std::nullopt : parse_fd_number(token);
        if (token.empty() ||
            seen.insert(number ? std::to_string(*number) : std::string(token)).second) {
            continue;
        }
        broken.push_back(broken_rule("'" + std::string(option) + "' names descriptor " +
                                         in_quotes(token) + " twice",
                                     option)
                             .with_hint("each queue needs a descriptor of its own"));
    }
}

void check_fd_list(const char* option, const std::string& text, NetdevOrigin origin,
                   std::vector<Error>& broken) {
    const std::vector<std::string_view> tokens = split_fd_list(text);
    if (tokens.empty()) {
        broken.push_back(
            broken_rule("'" + std::string(option) + "' must name at least one descriptor", option));
    }
    if (tokens.size() > kMaxFds) {
        broken.push_back(broken_rule("'" + std::string(option) + "' must have at most " +
                                         std::to_string(kMaxFds) + " entries, but has " +
                                         std::to_string(tokens.size()),
                                     option));
        return;
    }
    for (const std::string_view token : tokens) {
        check_fd_token(option, token, origin, broken);
    }
    check_repeats(option, tokens, origin, broken);
}

/// `count` is that of the option `source`, whose queues the descriptors are for.
void check_vhostfds_count(const Tap& tap, const char* source, std::size_t count,
                          std::vector<Error>& broken) {
    const std::size_t vhostfds = split_fd_list(*tap.vhostfds).size();
    if (count != vhostfds) {
        broken.push_back(broken_rule("'vhostfds' must have one entry for each of '" +
                                         std::string(source) + "': " + std::to_string(vhostfds) +
                                         " against " + std::to_string(count),
                                     "vhostfds"));
    }
}

/// The queues of a helper: one vhost descriptor for each, if any.
void check_helper_vhost(const Tap& tap, NetdevOrigin origin, std::vector<Error>& broken) {
    if (tap.vhostfds.has_value()) {
        refuse_with("vhostfds", {{"vhostfd", tap.vhostfd.has_value()}}, broken);
        check_vhostfds_count(tap, "queues", *tap.queues, broken);
        check_fd_list("vhostfds", *tap.vhostfds, origin, broken);
    } else if (tap.vhostfd.has_value() && *tap.queues > 1) {
        broken.push_back(broken_rule("'vhostfd' is for a single queue, but 'queues' is " +
                                         std::to_string(*tap.queues),
                                     "vhostfd")
                             .with_hint("use 'vhostfds' with one entry for each queue"));
    }
}

void check_descriptors(const Tap& tap, NetdevOrigin origin, std::vector<Error>& broken) {
    if (tap.fds.has_value() && tap.vhostfds.has_value()) {
        check_vhostfds_count(tap, "fds", split_fd_list(*tap.fds).size(), broken);
    }
    if (tap.fd.has_value()) {
        check_fd_token("fd", *tap.fd, origin, broken);
    } else if (tap.fds.has_value()) {
        check_fd_list("fds", *tap.fds, origin, broken);
    }
    if (tap.vhostfd.has_value()) {
        check_fd_token("vhostfd", *tap.vhostfd, origin, broken);
    }
    if (tap.fds.has_value() && tap.vhostfds.has_value()) {
        check_fd_list("vhostfds", *tap.vhostfds, origin, broken);
    }
    const bool by_helper = !tap.fd.has_value() && !tap.fds.has_value() && tap.helper.has_value();
    if (by_helper && tap.queues.has_value()) {
        check_helper_vhost(tap, origin, broken);
    }
}

/// Limits of the host's kernel that are known without asking it.
void check_queues_and_name(const Tap& tap, std::vector<Error>& broken) {
    if (tap.queues == 0U) {
        broken.push_back(broken_rule("'queues' must be at least 1, but is 0", "queues"));
    }
    if (tap.queues.value_or(1) > limits::kTapQueues) {
        broken.push_back(broken_rule("'queues' must be at most " +
                                         std::to_string(limits::kTapQueues) + ", but is " +
                                         std::to_string(*tap.queues),
                                     "queues")
                             .with_stage(Stage::host)
                             .with_hint("the kernel takes no more for one interface"));
    }
    if (tap.ifname.has_value()) {
        if (std::optional<Error> problem = check_ifname(*tap.ifname)) {
            broken.push_back(*std::move(problem));
        }
    }
}

}  // namespace

std::vector<Error> validate_tap(const Tap& tap, NetdevOrigin origin) {
    std::vector<Error> broken;
    check_hub(tap, origin, broken);
    check_vhost(tap, broken);
    check_conflicts(tap, broken);
    check_descriptors(tap, origin, broken);
    check_queues_and_name(tap, broken);
    return broken;
}

}  // namespace net
