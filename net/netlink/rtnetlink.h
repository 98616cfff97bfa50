// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/base/tracer.h"
#include "net/netlink/link_info.h"
#include "net/result.h"

namespace qnetdev {

/// Looks an interface up by name in the caller's network namespace; empty if there is none.
Result<std::optional<LinkInfo>> find_link(std::string_view name, const Tracer& tracer = {});

/// The same for many names, in their order.
Result<std::vector<std::optional<LinkInfo>>> find_links(const std::vector<std::string>& names,
                                                        const Tracer& tracer = {});

/// Deletes one interface. Needs CAP_NET_ADMIN.
Result<void> delete_link(unsigned index, const Tracer& tracer = {});

/// Deletes interfaces with one request, so that the kernel's ~15 ms grace period is paid once.
///
/// They are put into an interface group of their own first (a number no other interface has).
/// Needs CAP_NET_ADMIN. On failure some may carry that group and all still exist.
Result<void> delete_links(const std::vector<unsigned>& indices, const Tracer& tracer = {});

}  // namespace qnetdev
