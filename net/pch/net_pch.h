// SPDX-License-Identifier: MIT
// Precompiled for libraries that set netdevs up; see base_pch.h.

#include "net/net_context.h"
#include "net/pch/schema_pch.h"
