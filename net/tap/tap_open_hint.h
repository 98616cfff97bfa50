// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "net/base/tracer.h"

namespace net {

/// Why opening the tun device failed, as advice; empty if the errno says it all.
std::string explain_open_failure(int errnum);

/// Why TUNSETIFF failed, as advice; looks at the interface of that name. Empty if unknown.
std::string explain_set_iff_failure(int errnum, const std::string& ifname, bool multi_queue,
                                    const Tracer& tracer = {});

}  // namespace net
