// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/result.h"
#include "qapi/value.h"

namespace qnetdev {

/// Reads `stream,id=n0,addr.type=inet,addr.host=::1` into a tree of objects, lists and texts.
///
/// Keys are fragments joined by '.': a name, then names or list indices, which may come in any
/// order but leave no gap. The first element may be a bare value, of the implied key. The last of
/// repeated keys wins. Fails at Stage::parse; the error's param is the key at fault. The text must
/// outlive the document. Linear in the text, and never nested deeper than limits::kJsonDepth.
Result<qapi::Document> parse_keyval(std::string_view text, std::string_view implied_key);

}  // namespace qnetdev
