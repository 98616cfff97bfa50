// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/base/mac_address.h"
#include "net/bridge_helper/refusal.h"

namespace qnetdev::helper {

/// The command line. Views point into argv.
struct Arguments {
    enum class Action { serve, check, help, version };

    Action action = Action::serve;
    bool use_vnet = false;
    int fd = -1;  ///< Socket to answer on; -1 only with Action::check.
    std::string_view bridge = {};
    // Extensions; QEMU never sends them.
    unsigned queues = 1;
    std::string_view ifname = {};  ///< Empty: "tap%d".
    std::optional<std::uint32_t> mtu = {};
    std::optional<MacAddress> mac = {};
};

/// Strict: a number is decimal digits and nothing else, an unknown word is an error. Of a repeated
/// option the last counts, as in QEMU's helper, but each of them must be well-formed.
[[nodiscard]] bool parse_arguments(int argc, const char* const* argv, Arguments& arguments,
                                   Refusal& why);

/// A decimal number up to `limit`: digits only, no sign, no blank.
std::optional<unsigned long> parse_number(std::string_view text, unsigned long limit);

/// Whether an interface may be called like that: 1 to 15 bytes, none of them a blank, a control
/// character, '/' or ':' (dev_valid_name() in the kernel's net/core/dev.c).
bool is_bridge_name(std::string_view name);

/// Whether we would call a new interface like that: at most 15 letters, digits, '_', '-' and '.',
/// the first neither '-' nor '.'; and not "all" or "default", which are directories of settings for
/// every interface.
bool is_interface_name(std::string_view name);

/// The same, or such a name with one "%d" in it, for which the kernel puts a number.
bool is_interface_template(std::string_view name);

}  // namespace qnetdev::helper
