// SPDX-License-Identifier: MIT
#pragma once

#include "net/bridge_helper/refusal.h"

namespace qnetdev::helper {

/// Becomes the caller again, with CAP_NET_ADMIN and no other capability, for good.
///
/// Whatever way the privilege came (set-uid root, file capability): afterwards real, effective and
/// saved ids are the caller's, supplementary groups are as they were, and no exec can gain
/// anything. A caller who is root keeps what root has. One without privilege is no error here: the
/// kernel will refuse where it matters. Nobody may trace the process or read its memory from then
/// on.
[[nodiscard]] bool drop_privileges(Refusal& why);

/// Whether CAP_NET_ADMIN is there to be used.
bool has_net_admin();

}  // namespace qnetdev::helper
