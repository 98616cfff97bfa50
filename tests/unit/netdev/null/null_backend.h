// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "net/fd_store.h"
#include "net/net_client_group.h"
#include "net/net_context.h"
#include "net/validate/netdev_plan.h"

/// The room of a backend that is as small as one can be: it takes every frame and drops it.
namespace qnetdev::test {

class NullClient final : public NetClientState {
public:
    explicit NullClient(const std::string& id) : NetClientState(id, "null") {}

    std::string_view driver() const override { return "null"; }
    Delivery receive(Frame frame) override;

protected:
    std::string info_text() const override { return "drops what it gets"; }
};

PlanWait null_wait(const NetdevPlan& netdev);
Result<std::unique_ptr<NetClientGroup>> net_init_null(NetContext& context, const NetdevPlan& netdev,
                                                      FdStore* fds);

}  // namespace qnetdev::test
