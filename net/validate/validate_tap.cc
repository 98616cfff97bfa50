// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "net/base/limits.h"
#include "net/validate/rules.h"
#include "qapi/utf8.h"

namespace qnetdev {
namespace {

constexpr std::size_t kMaxFds = 1024;  // queues that a NIC can take

constexpr const char* kDefaultBridge = "br0";

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

using Tokens = std::vector<std::string_view>;

/// The tokens of a ':'-separated list. One ':' at the end adds nothing, and the empty text has no
/// tokens. Empty tokens elsewhere are kept, to be refused.
Tokens split_list(std::string_view text) {
    Tokens tokens;
    while (!text.empty()) {
        const std::size_t end = text.find(':');
        tokens.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            break;
        }
        text.remove_prefix(end + 1);
    }
    return tokens;
}

/// How many tokens that would be: for a list whose length nobody has looked at yet.
std::size_t count_list(std::string_view text) {
    const auto colons = static_cast<std::size_t>(std::count(text.begin(), text.end(), ':'));
    return text.empty() || text.back() == ':' ? colons : colons + 1;
}

/// Tap options being read: each descriptor once, and what is wrong with them in QEMU's order.
class FdOptions {
public:
    FdOptions(const Tap& tap, NetdevOrigin origin, std::vector<Error>& broken)
        : tap_(tap), origin_(origin), broken_(broken) {}

    void read();

    std::vector<FdRef> fds = {};  ///< Of `fd` or `fds`.
    std::vector<FdRef> vhostfds = {};

private:
    std::vector<FdRef> read_one(const char* option, std::string_view token);
    std::vector<FdRef> read_list(const char* option, std::string_view text);
    void check_count(const char* source, std::size_t count);
    void read_helper_vhost();

    const Tap& tap_;
    NetdevOrigin origin_;
    std::vector<Error>& broken_;
};

std::vector<FdRef> FdOptions::read_one(const char* option, std::string_view token) {
    if (token.empty()) {
        broken_.push_back(broken_rule("'" + std::string(option) + "' has an empty entry", option));
        return {};
    }
    std::optional<FdRef> fd = read_fd(option, token, origin_, broken_);
    return fd ? std::vector<FdRef>{*std::move(fd)} : std::vector<FdRef>();
}

/// Numbers are compared as numbers: 3, 03 and +3 are one descriptor.
std::vector<FdRef> FdOptions::read_list(const char* option, std::string_view text) {
    const std::string name = "'" + std::string(option) + "'";
    const std::size_t count = count_list(text);
    if (count == 0) {
        broken_.push_back(broken_rule(name + " must name at least one descriptor", option));
    }
    if (count > kMaxFds) {
        broken_.push_back(broken_rule(name + " must have at most " + std::to_string(kMaxFds) +
                                          " entries, but has " + std::to_string(count),
                                      option));
        return {};
    }
    std::vector<FdRef> list;
    std::vector<Error> repeated;
    std::set<std::string> seen;
    for (const std::string_view token : split_list(text)) {
        const std::vector<FdRef> one = read_one(option, token);
        const bool is_number = !one.empty() && one.front().number;
        const std::string identity =
            is_number ? std::to_string(*one.front().number) : std::string(token);
        if (!token.empty() && !seen.insert(identity).second) {
            repeated.push_back(
                broken_rule(name + " names descriptor " + in_quotes(token) + " twice", option)
                    .with_hint("each queue needs a descriptor of its own"));
        }
        list.insert(list.end(), one.begin(), one.end());
    }
    std::move(repeated.begin(), repeated.end(), std::back_inserter(broken_));
    return list;
}

/// `count` is that of the option `source`, whose queues the descriptors are for.
void FdOptions::check_count(const char* source, std::size_t count) {
    const std::size_t vhost_count = count_list(*tap_.vhostfds);
    if (count != vhost_count) {
        broken_.push_back(broken_rule(
            "'vhostfds' must have one entry for each of '" + std::string(source) +
                "': " + std::to_string(vhost_count) + " against " + std::to_string(count),
            "vhostfds"));
    }
}

/// The queues of a helper: one vhost descriptor for each, if any.
void FdOptions::read_helper_vhost() {
    if (tap_.vhostfds.has_value()) {
        refuse_with("vhostfds", {{"vhostfd", tap_.vhostfd.has_value()}}, broken_);
        check_count("queues", *tap_.queues);
        vhostfds = read_list("vhostfds", *tap_.vhostfds);
    } else if (tap_.vhostfd.has_value() && *tap_.queues > 1) {
        broken_.push_back(broken_rule("'vhostfd' is for a single queue, but 'queues' is " +
                                          std::to_string(*tap_.queues),
                                      "vhostfd")
                              .with_hint("use 'vhostfds' with one entry for each queue"));
    }
}

void FdOptions::read() {
    const bool both_lists = tap_.fds.has_value() && tap_.vhostfds.has_value();
    if (both_lists) {
        check_count("fds", count_list(*tap_.fds));
    }
    if (tap_.fd.has_value()) {
        fds = read_one("fd", *tap_.fd);
    } else if (tap_.fds.has_value()) {
        fds = read_list("fds", *tap_.fds);
    }
    if (tap_.vhostfd.has_value()) {
        vhostfds = read_one("vhostfd", *tap_.vhostfd);
    }
    if (both_lists) {
        vhostfds = read_list("vhostfds", *tap_.vhostfds);
    }
    const bool by_helper = !tap_.fd.has_value() && !tap_.fds.has_value() && tap_.helper.has_value();
    if (by_helper && tap_.queues.has_value()) {
        read_helper_vhost();
    }
}

/// isspace() as the kernel's lib/ctype.c has it: Latin-1, so 0xA0 counts.
bool is_kernel_space(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0xA0;
}

bool has_bad_template(std::string_view ifname) {
    const std::size_t percent = ifname.find('%');
    return percent != std::string_view::npos &&
           (ifname.substr(percent, 2) != "%d" ||
            ifname.find('%', percent + 1) != std::string_view::npos);
}

/// As much of the name as the kernel takes, in whole characters.
std::string_view shorten(std::string_view ifname) {
    std::size_t size = limits::kInterfaceName - 1;
    while (size > 0 && (static_cast<unsigned char>(ifname[size]) & 0xC0) == 0x80) {
        --size;
    }
    return ifname.substr(0, size);
}

/// What the kernel would not take as the name of a new interface, or would cut: the rules of
/// dev_valid_name() and dev_alloc_name() in its net/core/dev.c.
void check_ifname(std::string_view ifname, std::vector<Error>& broken) {
    const auto refuse = [&](const char* what) {
        broken.push_back(
            broken_rule("'ifname' " + std::string(what) + ", but is " + in_quotes(ifname), "ifname")
                .with_stage(Stage::host));
    };
    if (ifname.size() >= limits::kInterfaceName) {
        refuse("must have at most 15 bytes");
        broken.back() = std::move(broken.back())
                            .with_hint("for example ifname=" + qapi::printable(shorten(ifname)));
    } else if (ifname == "." || ifname == "..") {
        refuse("must be the name of an interface");
    } else if (ifname.find_first_of("/:") != std::string_view::npos ||
               std::any_of(ifname.begin(), ifname.end(), is_kernel_space)) {
        refuse("must not contain '/', ':' or blanks");
    } else if (ifname.find('\0') != std::string_view::npos) {
        refuse("must not contain a NUL");
    } else if (has_bad_template(ifname)) {
        refuse("may hold one '%d' and no other '%'");
    }
}

/// Limits of the host's kernel that are known without asking it.
void check_kernel_limits(const Tap& tap, std::vector<Error>& broken) {
    if (tap.queues == 0U) {
        broken.push_back(broken_rule("'queues' must be at least 1, but is 0", "queues")
                             .with_hint("leave it out for one queue"));
    }
    if (tap.queues.value_or(1) > limits::kTapQueues) {
        broken.push_back(broken_rule("'queues' must be at most " +
                                         std::to_string(limits::kTapQueues) + ", but is " +
                                         std::to_string(*tap.queues),
                                     "queues")
                             .with_stage(Stage::host)
                             .with_hint("the kernel takes no more for one interface"));
    }
    check_length("helper", tap.helper, limits::kHelperText, broken);
    check_length("script", tap.script, limits::kScriptPath, broken);
    check_length("downscript", tap.downscript, limits::kScriptPath, broken);
    if (tap.ifname.has_value()) {
        check_ifname(*tap.ifname, broken);
    }
}

/// `otherwise` is the default, unless nothing runs by default.
ByName::Script plan_script(const std::optional<std::string>& given, bool none,
                           const std::string& otherwise) {
    std::string text = given.has_value() ? *given : none ? "no" : otherwise;
    const bool runs = !text.empty() && text != "no";
    return {.text = std::move(text), .runs = runs};
}

ByName plan_by_name(const Tap& tap, const PlanDefaults& defaults) {
    ByName plan{.ifname = tap.ifname.value_or(""),
                .vnet_hdr = tap.vnet_hdr,
                .bridge = tap.br.value_or(""),
                .bridge_is_optional = tap.script.has_value()};
    // Joining the bridge is what the default scripts are there for.
    const bool joins = !plan.bridge.empty() && !tap.script.has_value();
    plan.script = plan_script(tap.script, joins, defaults.script);
    plan.downscript = plan_script(tap.downscript, joins, defaults.downscript);
    return plan;
}

TapPlan::Source plan_source(const Tap& tap, const PlanDefaults& defaults, std::vector<FdRef> fds) {
    if (tap.fd.has_value() || tap.fds.has_value()) {
        return PassedFds{.option = tap.fd.has_value() ? "fd" : "fds", .fds = std::move(fds)};
    }
    if (tap.helper.has_value()) {
        return FromHelper{.command = *tap.helper,
                          .bridge = tap.br.value_or(kDefaultBridge),
                          .info = "helper=" + *tap.helper};
    }
    return plan_by_name(tap, defaults);
}

PlanWait plan_wait_of(const TapPlan::Source& source, unsigned queues) {
    if (std::holds_alternative<PassedFds>(source)) {
        return PlanWait::never;
    }
    const auto* by_name = std::get_if<ByName>(&source);
    if (by_name == nullptr || !by_name->bridge.empty() || by_name->script.runs ||
        queues > limits::kQueuesOpenedAtOnce) {
        return PlanWait::for_others;
    }
    return PlanWait::for_removals;
}

/// One descriptor is for every queue there is, as in QEMU; of a list each queue gets its own.
void plan_vhost(const Tap& tap, const std::vector<FdRef>& vhostfds, TapPlan& plan) {
    plan.vhost.resize(plan.queues);  // with NoVhost
    const bool implied =
        tap.vhostfd.has_value() || tap.vhostfds.has_value() || tap.vhostforce == true;
    if (!tap.vhost.value_or(implied)) {
        return;
    }
    plan.vhost_option = tap.vhost.has_value()     ? "vhost"
                        : tap.vhostforce == true  ? "vhostforce"
                        : tap.vhostfd.has_value() ? "vhostfd"
                                                  : "vhostfds";
    plan.vhost_busy_poll_us = tap.poll_us.value_or(0);
    if (!vhostfds.empty()) {
        plan.vhost_fd_option = tap.vhostfd.has_value() ? "vhostfd" : "vhostfds";
    }
    for (unsigned queue = 0; queue < plan.queues; ++queue) {
        if (vhostfds.empty()) {
            plan.vhost[queue] = OpenVhost{};
        } else {
            plan.vhost[queue] = vhostfds[vhostfds.size() > 1 ? queue : 0];
        }
    }
}

int plan_sndbuf(const Tap& tap) {
    const std::uint64_t given = tap.sndbuf.value_or(0);
    return given == 0 ? INT_MAX : static_cast<int>(std::min<std::uint64_t>(given, INT_MAX));
}

}  // namespace

TapPlan validate_tap(const Tap& tap, NetdevOrigin origin, const PlanDefaults* defaults,
                     std::vector<Error>& broken) {
    check_hub(tap, origin, broken);
    check_vhost(tap, broken);
    check_conflicts(tap, broken);
    FdOptions read(tap, origin, broken);
    read.read();
    check_kernel_limits(tap, broken);
    TapPlan plan;
    if (!broken.empty() || defaults == nullptr) {
        return plan;
    }
    plan.queues =
        read.fds.empty() ? tap.queues.value_or(1) : static_cast<unsigned>(read.fds.size());
    plan.sndbuf = plan_sndbuf(tap);
    plan_vhost(tap, read.vhostfds, plan);
    plan.source = plan_source(tap, *defaults, std::move(read.fds));
    plan.wait = plan_wait_of(plan.source, plan.queues);
    return plan;
}

BridgePlan validate_bridge(const qapi::NetdevBridgeOptions& bridge, const PlanDefaults* defaults,
                           std::vector<Error>& broken) {
    check_length("helper", bridge.helper, limits::kHelperText, broken);
    if (!broken.empty() || defaults == nullptr) {
        return {};
    }
    const std::string helper = bridge.helper.value_or("");
    FromHelper source{.command = helper.empty() ? defaults->helper : helper,
                      .bridge = bridge.br.value_or(kDefaultBridge)};
    source.info = "helper=" + (helper.empty() ? "(null)" : helper) + ",br=" + source.bridge;
    return {.tap = {.source = std::move(source),
                    .sndbuf = std::nullopt,
                    .vhost = {NoVhost{}},
                    .wait = PlanWait::for_others}};
}

}  // namespace qnetdev
