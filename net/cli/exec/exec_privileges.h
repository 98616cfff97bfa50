// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"

/// Whom a command runs as, and what it may do.
namespace qnetdev::cli {

/// As the user asks for it.
struct PrivilegeOptions {
    std::string user = {};   ///< NAME or UID, optionally `:GROUP`. Empty: no change.
    std::string group = {};  ///< NAME or GID. Empty: the user's.
    std::optional<std::string> keep_caps = {};  ///< Names with or without `cap_`, or `none`.
    bool allow_new_privileges = false;
};

/// The same, looked up: what drop_privileges() will do.
struct Privileges {
    std::optional<uid_t> uid = {};
    std::optional<gid_t> gid = {};
    /// All supplementary groups; set whenever uid or gid is.
    std::vector<gid_t> groups = {};
    /// The capabilities to keep; unset: they are left to what exec makes of them.
    std::optional<std::vector<unsigned>> caps = {};
    bool limit_bounding_set = false;
    bool no_new_privs = true;

    /// Whether the command has less than its caller, apart from what set-uid programs give.
    bool change_anything() const { return uid || gid || caps; }
};

/// Looks users, groups and capabilities up. Changes nothing.
///
/// NAME gets the groups of the user database; with `:GROUP`, or for a UID that is not in it, that
/// group and no other. Whoever changes the user or names capabilities keeps only those named.
Result<Privileges> resolve_privileges(const PrivilegeOptions& options);

/// Changes this process, which must have one thread, for good, and verifies that it worked:
/// bounding set, groups, gid, uid, a new session keyring for another user, capabilities,
/// no_new_privs, in this order. After a failure the process is in between: it should end.
Result<void> drop_privileges(const Privileges& privileges);

}  // namespace qnetdev::cli
