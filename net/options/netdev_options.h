// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/options.h"
#include "net/options/traditional.h"
#include "qapi/value.h"

namespace qnetdev {

/// Key of a bare first word in `-netdev`, `-nic` and `-net`.
inline constexpr std::string_view kImpliedKey = "type";

/// Whether a traditional argument is, by its effective type, to be read as keyval.
bool is_keyval_type(const TraditionalOptions& options);

/// Whether it may be read as keyval although QEMU would not: it has a dotted key that cannot be
/// a member of its type.
bool has_foreign_dotted_key(const TraditionalOptions& options);

/// Fails for an argument above limits::kArgumentBytes.
Result<void> check_length(std::string_view text);

/// Fails unless the id, if there is one, is well-formed.
Result<void> check_given_id(const TraditionalOptions& options);

/// Converts a traditional argument whose id was checked; rewrites ipv6-net first.
Result<ParsedNetdev> netdev_from_traditional(TraditionalOptions& options);

/// Adds what a parse error's cause tells: the types that do have an unknown option, what became of
/// a removed one, how to give a missing id or type. Keeps a hint that is there.
Error with_netdev_hint(Error error, const qapi::Document& document);

}  // namespace qnetdev
