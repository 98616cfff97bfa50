// SPDX-License-Identifier: MIT
#include "net/net_client_init.h"

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "net/base/fd_reaper.h"
#include "net/base/worker_pool.h"
#include "net/client/net_context_internals.h"
#include "net/netdev_backends.h"
#include "net/options.h"
#include "net/validate/validate.h"

namespace qnetdev {
namespace {

using qapi::NetClientDriver;

/// "tap and bridge": every type that has a row.
std::string supported_types() {
    const std::span<const NetdevBackend> rows = netdev_backends();
    std::string text;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string_view between = i + 1 < rows.size() ? ", " : " and ";
        text += (i == 0 ? "" : std::string(between)) + std::string(qapi::enum_name(rows[i].type));
    }
    return text;
}

Error no_backend(NetClientDriver driver) {
    const std::string type(qapi::enum_name(driver));
    if (driver == NetClientDriver::nic) {
        return Error("'type' nic is a card, not a backend")
            .with_stage(Stage::validate)
            .with_param("type")
            .with_hint("use -net nic or -device for the card");
    }
    return Error("netdev type '" + type + "' is not supported by this build")
        .with_param("type")
        .with_hint(supported_types() + " are");
}

using InitResult = Result<std::unique_ptr<NetClientGroup>>;

/// The row of the plan's type; null if this build has none.
const NetdevBackend* backend_of(const NetdevPlan& plan) {
    const NetClientDriver type = plan_driver(plan);
    for (const NetdevBackend& row : netdev_backends()) {
        if (row.type == type) {
            return &row;
        }
    }
    return nullptr;
}

/// Whether it may take long to set the netdev up, as things are now.
bool has_to_wait(NetContext& context, const NetdevPlan& plan) {
    const NetdevBackend* backend = backend_of(plan);
    if (backend == nullptr || backend->wait == nullptr) {
        return false;
    }
    switch (backend->wait(plan)) {
        case PlanWait::never:
            return false;
        case PlanWait::for_removals:
            return !context.internals().reaper().is_idle();
        case PlanWait::for_others:
            break;
    }
    return true;
}

/// Done on a thread: what it takes along, and what it brings back.
struct Start {
    NetContext& context;
    NetdevOrder order;
    NetInitDone done;
    InitResult built = std::unique_ptr<NetClientGroup>();
};

void finish(Start& start) {
    start.context.internals().starting().erase(start.order.plan.id);
    start.done(start.built ? commit(start.context, *std::move(start.built))
                           : Result<NetClientGroup*>(std::move(start.built).error()));
}

Result<NetClientGroup*> build_and_commit(NetContext& context, const NetdevOrder& order) {
    std::unique_ptr<NetClientGroup> group = NET_TRY(build_netdev(context, order));
    return commit(context, std::move(group));
}

}  // namespace

Result<void> check_id_is_free(const NetContext& context, const std::string& id) {
    if (context.registry().find_backend(id) == nullptr &&
        !context.internals().starting().contains(id)) {
        return {};
    }
    return Error("'id' " + id + " is in use by another netdev")
        .with_stage(Stage::validate)
        .with_param("id");
}

PlanDefaults plan_defaults(const NetContextOptions& settings) {
    return {.script = settings.default_script,
            .downscript = settings.default_downscript,
            .helper = settings.default_helper};
}

NetdevDescription describe_netdev(const qapi::Netdev& netdev) {
    NetdevDescription description;
    description.type = std::visit(
        [](const auto& branch) {
            return std::string(qapi::enum_name(std::decay_t<decltype(branch)>::kTag));
        },
        netdev.branch);
    // A text that is not UTF-8 cannot be told.
    const Result<std::string> options = netdev_to_json(netdev);
    description.options = options ? *options : "null";
    return description;
}

Result<NetdevOrder> order_netdev(const NetContext& context, const qapi::Netdev& netdev,
                                 const NetInitOptions& options) {
    Validation validation =
        validate_netdev(netdev, options.origin, plan_defaults(context.options()));
    if (!validation.plan.has_value()) {
        return std::move(validation.broken.front());
    }
    return NetdevOrder{.plan = *std::move(validation.plan),
                       .description = describe_netdev(netdev),
                       .fds = options.origin == NetdevOrigin::monitor ? options.fds : nullptr};
}

Result<std::unique_ptr<NetClientGroup>> build_netdev(NetContext& context,
                                                     const NetdevOrder& order) {
    const NetdevBackend* backend = backend_of(order.plan);
    if (backend == nullptr) {
        return no_backend(plan_driver(order.plan));
    }
    std::unique_ptr<NetClientGroup> group = NET_TRY(backend->init(context, order.plan, order.fds));
    group->set_description(order.description);
    return group;
}

Result<NetClientGroup*> carry_out(NetContext& context, const NetdevOrder& order) {
    NET_TRY(check_id_is_free(context, order.plan.id));
    return build_and_commit(context, order);
}

Result<NetClientGroup*> net_client_init(NetContext& context, const qapi::Netdev& netdev,
                                        const NetInitOptions& options) {
    NET_TRY(check_id_is_free(context, netdev.id));
    const NetdevOrder order = NET_TRY(order_netdev(context, netdev, options));
    return build_and_commit(context, order);
}

Result<NetClientGroup*> commit(NetContext& context, std::unique_ptr<NetClientGroup> group) {
    NET_TRY(group->activate());
    NetClientGroup& registered = context.registry().insert(std::move(group));
    registered.on_commit();
    return &registered;
}

void net_client_init_async(NetContext& context, qapi::Netdev netdev, const NetInitOptions& options,
                           NetInitDone done) {
    Result<void> id_is_free = check_id_is_free(context, netdev.id);
    if (!id_is_free) {
        return done(std::move(id_is_free).error());
    }
    Result<NetdevOrder> order = order_netdev(context, netdev, options);
    if (!order) {
        return done(std::move(order).error());
    }
    auto start = std::make_shared<Start>(Start{context, *std::move(order), std::move(done)});
    if (!has_to_wait(context, start->order.plan)) {
        start->built = build_netdev(context, start->order);
        return finish(*start);
    }
    const std::string id = start->order.plan.id;
    NetContextInternals& internals = context.internals();
    internals.starting().emplace(id, start->order.description);
    Result<void> submitted = internals.workers().submit([start]() -> WorkerPool::Completion {
        start->built = build_netdev(start->context, start->order);
        return [start] { finish(*start); };
    });
    if (!submitted) {
        internals.starting().erase(id);
        start->done(std::move(submitted).error());
    }
}

}  // namespace qnetdev
