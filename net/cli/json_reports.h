// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "net/options/netdev_arguments.h"
#include "net/result.h"
#include "qapi/extensions_types.h"

/// What programs are told, in types of the schema.
namespace qnetdev::cli {

/// What is told of an argument, so far without a netdev.
qapi::NetdevReport make_report(const NetdevArgument& argument, std::span<const Error> findings);

/// One line, as --json prints it.
void print_report(const qapi::NetdevReport& report);

/// The subject of `qnetdev help`, and what it says.
inline constexpr std::string_view kJsonTopic = "json";
extern const std::string_view kJsonHelp;

}  // namespace qnetdev::cli
