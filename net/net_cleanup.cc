// SPDX-License-Identifier: MIT
#include "net/base/fd_reaper.h"
#include "net/netdev.h"

namespace qnetdev {

void net_cleanup(NetContext& context, const NetCleanupOptions& options) {
    const bool was_exclusive = context.is_exclusive();
    context.set_exclusive(was_exclusive || options.exclusive);
    NetClientRegistry& registry = context.registry();
    while (!registry.groups().empty()) {
        (void)registry.remove(*registry.groups().back());
    }
    // A down script may take its whole time-out, a close takes milliseconds.
    context.reaper().wait_all();
    context.set_exclusive(was_exclusive);
}

}  // namespace qnetdev
