// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/options/traditional.h"

namespace net {

/// Key of a bare first word in `-netdev`, `-nic` and `-net`.
inline constexpr std::string_view kImpliedKey = "type";

/// Whether a traditional argument is, by its effective type, to be read as keyval.
bool is_keyval_type(const TraditionalOptions& options);

/// Whether it may be read as keyval although QEMU would not: it has a dotted key that cannot be
/// a member of its type.
bool has_foreign_dotted_key(const TraditionalOptions& options);

}  // namespace net
