// SPDX-License-Identifier: MIT
#include "tests/unit/netdev/null/null_backend.h"

namespace qnetdev::test {

Delivery NullClient::receive(Frame frame) {
    std::size_t bytes = 0;
    for (const iovec& piece : frame) {
        bytes += piece.iov_len;
    }
    count_tx(bytes);
    return Delivery::done;
}

/// A port asks for a slow start, so that tests see both ways.
PlanWait null_wait(const NetdevPlan& netdev) {
    const auto& options = std::get<qapi::NetdevVdeOptions>(netdev.backend);
    return options.port ? PlanWait::for_others : PlanWait::never;
}

Result<std::unique_ptr<NetClientGroup>> net_init_null(NetContext& /*context*/,
                                                      const NetdevPlan& netdev, FdStore* /*fds*/) {
    auto group = std::make_unique<NetClientGroup>(netdev.id, NetClientGroup::Kind::netdev);
    group->add(std::make_unique<NullClient>(netdev.id));
    return group;
}

}  // namespace qnetdev::test
