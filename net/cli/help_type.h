// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace qnetdev::cli {

/// What `qnetdev help TYPE` prints: what the type is for, every option with its values, default
/// and limits, and an example. All of it comes from the schema. Empty if there is no such type.
std::string describe_netdev_type(std::string_view type);

}  // namespace qnetdev::cli
