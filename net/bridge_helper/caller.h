// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "net/base/limits.h"
#include "net/bridge_helper/refusal.h"

namespace qnetdev::helper {

/// Who runs the helper: the process's real ids, which the kernel vouches for.
struct Caller {
    uid_t uid = 0;
    gid_t gid = 0;
    std::array<gid_t, limits::bridge_helper::kGroups> groups = {};  ///< Supplementary ones.
    std::size_t group_count = 0;
    // Where names of rules are looked up. Files, and not the name service: that would load plug-ins
    // and talk to servers from a set-uid program. Others than local accounts go by number.
    const char* user_file = nullptr;
    const char* group_file = nullptr;
    bool has_net_admin = false;  ///< Whether this process may use CAP_NET_ADMIN for them.

    bool is_in_group(gid_t group) const;
};

/// Asks the kernel for the ids. The object is large: not for the stack. To be called before the
/// system calls are limited.
[[nodiscard]] bool identify_caller(Caller& caller, Refusal& why);

/// The number of a user or group: itself if it is one, else from a file of the form of passwd(5)
/// and group(5), where it is the third field. Empty if there is none.
std::optional<unsigned long> find_id(const char* file, std::string_view name);

}  // namespace qnetdev::helper
