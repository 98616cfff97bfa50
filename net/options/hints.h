// SPDX-License-Identifier: MIT
#pragma once

#include "net/result.h"
#include "qapi/value.h"

namespace net {

/// Adds what a parse error's cause tells: the types that do have an unknown option, what became of
/// a removed one, how to give a missing id or type. Keeps a hint that is there.
Error with_netdev_hint(Error error, const qapi::Document& document);

}  // namespace net
