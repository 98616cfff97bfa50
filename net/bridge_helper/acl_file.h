// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/bridge_helper/acl.h"
#include "net/bridge_helper/refusal.h"

namespace qnetdev::helper {

/// Told of an include that was skipped: a file that is not there, or not readable for this caller,
/// is how permission is given to some users only, and no fault.
using AclNoteSink = void (*)(std::string_view text);

/// Reads an access file and what it includes into `acl`, with the process's present privileges.
///
/// Fails for a line that cannot be read, wherever it stands: nobody can tell whom the rule behind a
/// slip of the pen should have stopped, nor those below. Fails for files that others than root
/// could have written (unless the caller is root), that are no regular files or too large, and for
/// includes that are too deep, too many, or reached through a symbolic link. An included file that
/// is missing or unreadable is skipped.
[[nodiscard]] bool read_acl(const char* path, const Caller& caller, Acl& acl, AclNoteSink note,
                            Refusal& why);

}  // namespace qnetdev::helper
