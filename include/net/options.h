// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/api.h"
#include "net/result.h"
#include "qapi/net_types.h"

namespace net {

/// The three languages a `-netdev` argument may be written in.
enum class NetdevLanguage { traditional, keyval, json };

/// Which language QEMU reads `text` in: JSON if its first byte is '{', keyval if the effective
/// type is stream or dgram, else traditional.
NET_API NetdevLanguage netdev_language(std::string_view text);

/// A parsed argument and what is questionable about it, such as short-form booleans.
struct ParsedNetdev {
    qapi::Netdev netdev = {};
    std::vector<std::string> warnings = {};
};

/// Reads the argument of `-netdev`, in whichever language it is written.
///
/// Pure: no side effect, no system call. Knows types and names, nothing about networks. Fails with
/// Stage::parse; the error's param is the full member path and, for text, its span is the
/// offending bytes of `text`. Arguments above 64 MiB are refused.
NET_API Result<ParsedNetdev> parse_netdev(std::string_view text);

/// The same for one language whatever the text looks like (netdev_add objects, HMP).
NET_API Result<ParsedNetdev> parse_netdev_as(std::string_view text, NetdevLanguage language);

/// Whether the argument asks for the list of types: its effective type is `help` or `?`.
NET_API bool is_netdev_help(std::string_view text);

/// True if `id` is well-formed: an ASCII letter, then letters, digits, '-', '.' and '_'.
NET_API bool is_well_formed_id(std::string_view id);

}  // namespace net
