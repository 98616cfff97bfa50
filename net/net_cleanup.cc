// SPDX-License-Identifier: MIT
#include "net/base/fd_reaper.h"
#include "net/client/net_context_internals.h"
#include "net/netdev.h"

namespace qnetdev {

void net_cleanup(NetContext& context, const NetCleanupOptions& options) {
    NetContextInternals& internals = context.internals();
    const bool was_exclusive = internals.is_exclusive();
    internals.set_exclusive(was_exclusive || options.exclusive);
    NetClientRegistry& registry = context.registry();
    while (!registry.groups().empty()) {
        (void)registry.remove(*registry.groups().back());
    }
    // A down script may take its whole time-out, a close takes milliseconds.
    internals.reaper().wait_all();
    internals.set_exclusive(was_exclusive);
}

}  // namespace qnetdev
