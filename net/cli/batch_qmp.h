// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "net/result.h"
#include "qapi/net_types.h"

namespace net::cli {

/// Reads a whole QMP command, `{"execute":"netdev_add","arguments":{…}}`, and returns the netdev
/// that it asks for.
///
/// Each command stands alone, as in a fresh monitor where no netdev exists and no descriptor has
/// come along. So of the other commands about netdevs and descriptors the answer is known: what
/// needs one fails, and a query succeeds without a netdev.
Result<std::optional<qapi::Netdev>> read_qmp_command(std::string_view text);

}  // namespace net::cli
