// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/bridge_helper/acl.h"
#include "net/bridge_helper/refusal.h"

namespace net::helper {

/// What is worth telling although reading goes on: an include that was skipped.
struct AclNote {
    std::string_view text;
    /// A file that is not there or not readable for this caller is how permission is given to some
    /// users only, and no fault; a line that cannot be read is one.
    bool is_fault;
};
using AclNoteSink = void (*)(const AclNote& note);

/// Reads an access file and what it includes into `acl`, with the process's present privileges.
///
/// Fails for the file itself: missing, unreadable, a line that cannot be read. An included file
/// that has one of these faults is skipped from there on. Fails in any case for what must not be
/// passed over: files that others than root could have written (unless the caller is root), that
/// are no regular files or too large, and includes that are too deep, too many, or reached through
/// a symbolic link.
[[nodiscard]] bool read_acl(const char* path, const Caller& caller, Acl& acl, AclNoteSink note,
                            Refusal& why);

}  // namespace net::helper
