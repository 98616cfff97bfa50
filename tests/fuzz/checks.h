// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/options.h"
#include "net/result.h"

/// What holds of every input; a check that fails prints why and ends the process.
namespace fuzz {

/// Ends the process unless `good`. `what` names the property, `detail` the value that breaks it.
void require(bool good, std::string_view what, std::string_view detail = {});

/// An error of parsing: it says so, has a message, and points into `text`.
void check_parse_error(const qnetdev::Error& error, std::string_view text);

/// Whether what `text` gave has to have a text or JSON form.
enum class Source { text, json };

/// A netdev read from `text`: whatever it is printed as reads back to the same, and its options are
/// judged for every origin, each finding to be found again in `text`.
void check_netdev(const qnetdev::qapi::Netdev& netdev, std::string_view text, Source source);

}  // namespace fuzz
