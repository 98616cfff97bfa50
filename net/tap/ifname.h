// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "net/result.h"

namespace net {

/// Why the kernel would not take the name of a new interface, or would cut it; empty if it is fine.
///
/// The rules of dev_valid_name() and dev_alloc_name() in the kernel's net/core/dev.c. Stage::host.
std::optional<Error> check_ifname(std::string_view ifname);

}  // namespace net
