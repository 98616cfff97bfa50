// SPDX-License-Identifier: MIT
// Precompiled for libraries that look into options; see base_pch.h.

#include "net/pch/base_pch.h"
#include "qapi/net_types.h"
