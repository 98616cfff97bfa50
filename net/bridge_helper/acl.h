// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "net/base/limits.h"
#include "net/bridge_helper/acl_line.h"
#include "net/bridge_helper/arguments.h"
#include "net/bridge_helper/caller.h"
#include "net/bridge_helper/refusal.h"

namespace qnetdev::helper {

/// A rule that decided something: "FILE:LINE: TEXT".
struct AclPlace {
    std::string_view file = {};
    unsigned line = 0;
    std::string_view text = {};
};
using AclDecision = FixedText<512>;

/// What the rules read so far say about one request of one caller. Rules are not kept: each is
/// weighed when it is read, and the first that decided something is remembered for the report.
///
/// Nothing is allowed unless a rule says so, and one deny rule outweighs all that allow, whatever
/// their order. Of the limits each rule that applies grants something more.
class Acl {
public:
    /// Both must outlive the object.
    Acl(const Caller& caller, const Arguments& request) : caller_(caller), request_(request) {}

    /// Weighs a rule other than include. Fails if a deny rule names nobody that is known: whom it
    /// shuts out cannot be told.
    [[nodiscard]] bool apply(const AclRule& rule, const AclPlace& place, Refusal& why);

    /// The verdict, without the MTU, which depends on the bridge's.
    [[nodiscard]] bool permits(Refusal& why) const;
    /// How many ports of the bridge the caller's taps may be.
    unsigned long max_ports() const {
        return ports_.empty() ? limits::bridge_helper::kDefaultPorts : max_ports_;
    }
    /// Whether a rule allows the MTU that was asked for.
    bool grants_mtu() const { return !mtu_.empty(); }

    /// The rule that allows, or that denies; empty: none.
    const AclDecision& allowing() const { return allow_; }
    const AclDecision& denying() const { return deny_; }

private:
    [[nodiscard]] bool is_about_caller(const AclRule& rule, bool& matches, Refusal& why) const;
    [[nodiscard]] bool permits_queues(Refusal& why) const;
    [[nodiscard]] bool permits_names(Refusal& why) const;

    const Caller& caller_;
    const Arguments& request_;
    AclDecision allow_ = {};
    AclDecision deny_ = {};
    AclDecision ifname_ = {};
    AclDecision mac_ = {};
    AclDecision mtu_ = {};
    AclDecision queues_ = {};
    AclDecision ports_ = {};
    unsigned long max_queues_ = 0;  ///< Meaningful once queues_ is set.
    unsigned long max_ports_ = 0;   ///< Meaningful once ports_ is set.
};

/// Whether a name, or every name that the kernel can make of one with "%d", fits the pattern: '*'
/// stands for any text, '?' for one character.
bool matches_pattern(std::string_view pattern, std::string_view name);
bool matches_template(std::string_view pattern, std::string_view name);

}  // namespace qnetdev::helper
