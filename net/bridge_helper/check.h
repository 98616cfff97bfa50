// SPDX-License-Identifier: MIT
#pragma once

#include "net/bridge_helper/acl.h"
#include "net/bridge_helper/arguments.h"
#include "net/bridge_helper/caller.h"

namespace qnetdev::helper {

/// --check: a line on standard output for everything that has to be right, "ok" or "no" first.
/// Makes and changes nothing. True if a real run with these arguments can be expected to succeed.
bool check_everything(const char* acl_path, const Caller& caller, const Arguments& request);

}  // namespace qnetdev::helper
