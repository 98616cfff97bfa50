// SPDX-License-Identifier: MIT
#include "net/bridge_helper/acl.h"

namespace qnetdev::helper {
namespace {

using Verb = AclRule::Verb;
using Subject = AclRule::Subject;

void remember(AclDecision& decision, const AclPlace& place) {
    if (decision.empty()) {
        decision.add(place.file).add(":").add_number(place.line).add(": ").add(place.text);
    }
}

/// Of several limits the largest counts.
void raise_limit(AclDecision& decision, unsigned long& limit, const AclRule& rule,
                 const AclPlace& place) {
    if (decision.empty() || rule.high > limit) {
        limit = rule.high;
        decision.clear();
        remember(decision, place);
    }
}

bool any_pattern(std::string_view patterns, std::string_view name,
                 bool (*matches)(std::string_view, std::string_view)) {
    while (true) {
        const std::string_view pattern = take_word(patterns);
        if (pattern.empty()) {
            return false;
        }
        if (matches(pattern, name)) {
            return true;
        }
    }
}

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool matches_mac(std::string_view pattern, std::string_view mac) {
    FixedText<64> lower;
    for (const char c : pattern) {
        const char small = to_lower(c);
        lower.add({&small, 1});
    }
    return !lower.cut() && matches_pattern(lower.view(), mac);
}

}  // namespace

bool Acl::is_about_caller(const AclRule& rule, bool& matches, Refusal& why) const {
    matches = rule.subject == Subject::everyone;
    if (matches || !rule.is_about(request_.bridge)) {
        return true;
    }
    const bool by_user = rule.subject == Subject::user;
    const auto id = find_id(by_user ? caller_.user_file : caller_.group_file, rule.who);
    if (id) {
        matches = by_user ? *id == caller_.uid : caller_.is_in_group(static_cast<gid_t>(*id));
    } else if (rule.verb == Verb::deny) {
        why.set().add("unknown ").add(by_user ? "user " : "group ").add_quoted(rule.who);
        why.hint.add("names are looked up in ").add(by_user ? "/etc/passwd" : "/etc/group");
        why.hint.add(" only; write the number instead");
        return false;
    }
    return true;
}

bool Acl::apply(const AclRule& rule, const AclPlace& place, Refusal& why) {
    bool about_caller = false;
    if (!is_about_caller(rule, about_caller, why)) {
        return false;
    }
    if (!about_caller || !rule.is_about(request_.bridge)) {
        return true;
    }
    switch (rule.verb) {
        case Verb::allow:
            remember(allow_, place);
            break;
        case Verb::deny:
            remember(deny_, place);
            break;
        case Verb::ifname:
            if (any_pattern(rule.value, request_.ifname, matches_template)) {
                remember(ifname_, place);
            }
            break;
        case Verb::mac:
            if (request_.mac &&
                any_pattern(rule.value, format_mac(*request_.mac).view(), matches_mac)) {
                remember(mac_, place);
            }
            break;
        case Verb::mtu:
            if (request_.mtu && *request_.mtu >= rule.low && *request_.mtu <= rule.high) {
                remember(mtu_, place);
            }
            break;
        case Verb::max_queues:
            raise_limit(queues_, max_queues_, rule, place);
            break;
        case Verb::max_ports:
            raise_limit(ports_, max_ports_, rule, place);
            break;
        case Verb::none:
        case Verb::include:
            break;
    }
    return true;
}

bool Acl::permits_queues(Refusal& why) const {
    // A multi-queue tap costs the kernel some MiB, which nobody is charged for: not for everybody.
    if (request_.queues <= (queues_.empty() ? 1 : max_queues_)) {
        return true;
    }
    if (queues_.empty()) {
        why.set().add("no rule allows '--queues=").add_number(request_.queues);
        why.message.add("' on bridge ").add_quoted(request_.bridge);
        why.hint.add("the administrator can add: max-queues ").add(request_.bridge);
        why.hint.add(" NUMBER");
        return false;
    }
    why.set().add("'--queues=").add_number(request_.queues).add("' is above the limit: ");
    why.message.add(queues_.view());
    return false;
}

bool Acl::permits_names(Refusal& why) const {
    const bool has_default_name = request_.ifname.empty() || request_.ifname == "tap%d";
    if (!has_default_name && ifname_.empty()) {
        why.set().add("no rule allows '--ifname=").add(request_.ifname).add("' on bridge ");
        why.message.add_quoted(request_.bridge);
        why.hint.add("the administrator can add: ifname ").add(request_.bridge).add(" PATTERN");
        return false;
    }
    if (request_.mac && mac_.empty()) {
        why.set().add("no rule allows '--mac=").add(format_mac(*request_.mac).view());
        why.message.add("' on bridge ").add_quoted(request_.bridge);
        why.hint.add("the administrator can add: mac ").add(request_.bridge).add(" PATTERN");
        return false;
    }
    return true;
}

bool Acl::permits(Refusal& why) const {
    if (!deny_.empty()) {
        why.set().add("access to bridge ").add_quoted(request_.bridge);
        why.message.add(" is denied: ").add(deny_.view());
        return false;
    }
    if (allow_.empty()) {
        why.set().add("no rule allows bridge ").add_quoted(request_.bridge);
        why.message.add(" to user ").add_number(caller_.uid);
        return false;
    }
    return permits_queues(why) && permits_names(why);
}

bool matches_pattern(std::string_view pattern, std::string_view name) {
    // The usual walk with one step back: linear for one '*', and never worse than the product.
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

bool matches_template(std::string_view pattern, std::string_view name) {
    const std::size_t place = name.find("%d");
    if (place == std::string_view::npos) {
        return matches_pattern(pattern, name);
    }
    std::string_view tail = name;
    tail.remove_prefix(place + 2);
    // Lowest and highest numbers of each length (the kernel tries up to 32768): a pattern that
    // takes both has a wildcard wherever a digit can be.
    for (const std::string_view number :
         {"0", "9", "10", "99", "100", "999", "1000", "9999", "10000", "32767"}) {
        FixedText<32> sample;
        sample.add({name.data(), place}).add(number).add(tail);
        if (sample.view().size() < limits::kInterfaceName &&
            !matches_pattern(pattern, sample.view())) {
            return false;
        }
    }
    return true;
}

}  // namespace qnetdev::helper
