// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/bridge_helper/refusal.h"

namespace qnetdev::helper {

/// One rule of an access file, as written. Views point into the line.
struct AclRule {
    enum class Verb { none, allow, deny, include, ifname, mac, mtu, max_queues, max_ports };
    enum class Subject { everyone, user, group };

    Verb verb = Verb::none;  ///< none: an empty line or a comment.
    Subject subject = Subject::everyone;
    std::string_view who = {};     ///< Name or number of the user or group.
    std::string_view bridge = {};  ///< "all": every one.
    /// include: the path. ifname, mac: patterns, separated by blanks.
    std::string_view value = {};
    unsigned long low = 0;   ///< mtu
    unsigned long high = 0;  ///< mtu, max_queues, max_ports

    bool is_about(std::string_view name) const { return bridge == "all" || bridge == name; }
};

/// Reads one line. docs/bridge-helper.md has the grammar; of `allow`, `deny` and `include` it is
/// QEMU's, oddities included.
[[nodiscard]] bool parse_acl_line(std::string_view line, AclRule& rule, Refusal& why);

/// Takes the next word off a text of words separated by blanks; empty at its end.
std::string_view take_word(std::string_view& text);

}  // namespace qnetdev::helper
