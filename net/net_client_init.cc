// SPDX-License-Identifier: MIT
#include "net/net_client_init.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "net/base/fd_reaper.h"
#include "net/base/limits.h"
#include "net/base/worker_pool.h"
#include "net/options.h"
#include "net/tap/pipeline.h"
#include "net/tap/tap_script.h"

namespace net {
namespace {

using qapi::NetClientDriver;

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
        .with_hint("tap and bridge are");
}

NetdevDescription describe(const qapi::Netdev& netdev) {
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

using InitResult = Result<std::unique_ptr<NetClientGroup>>;

/// One alternative of the Netdev variant; those without a backend answer so.
template <class Options>
InitResult init_backend(NetContext& context, const qapi::Netdev& netdev,
                        const NetInitOptions& options) {
    if constexpr (std::is_same_v<Options, qapi::NetdevTapOptions>) {
        return net_init_tap(context, netdev, options);
    } else if constexpr (std::is_same_v<Options, qapi::NetdevBridgeOptions>) {
        return net_init_bridge_netdev(context, netdev, options);
    } else {
        return no_backend(Options::kTag);
    }
}

bool may_wait(const NetContext& /*context*/, const qapi::NetdevBridgeOptions& /*bridge*/) {
    return true;  // for its helper
}

bool may_wait(NetContext& context, const qapi::NetdevTapOptions& tap) {
    if (tap.fd.has_value() || tap.fds.has_value()) {
        return false;
    }
    return tap.helper.has_value() || tap.br.has_value() ||
           names_a_script(tap.script.value_or(context.options().default_script)) ||
           tap.queues.value_or(1) > limits::kQueuesOpenedAtOnce ||
           // The kernel makes and removes interfaces one at a time.
           !context.reaper().is_idle();
}

/// The other types fail at once.
template <class Options>
bool may_wait(const NetContext& /*context*/, const Options& /*options*/) {
    return false;
}

/// Done on a thread: what it takes along, and what it brings back.
struct Start {
    NetContext& context;
    qapi::Netdev netdev;
    NetInitOptions options;
    NetInitDone done;
    InitResult built = std::unique_ptr<NetClientGroup>();
};

void finish(Start& start) {
    start.context.starting().erase(start.netdev.id);
    start.done(start.built ? commit(start.context, *std::move(start.built))
                           : Result<void>(std::move(start.built).error()));
}

}  // namespace

Result<void> check_id_is_free(const NetContext& context, const std::string& id) {
    if (context.registry().find_backend(id) == nullptr && !context.starting().contains(id)) {
        return {};
    }
    return Error("'id' " + id + " is in use by another netdev")
        .with_stage(Stage::validate)
        .with_param("id");
}

Result<std::unique_ptr<NetClientGroup>> build_netdev(NetContext& context,
                                                     const qapi::Netdev& netdev,
                                                     const NetInitOptions& options) {
    std::unique_ptr<NetClientGroup> group = NET_TRY(std::visit(
        [&](const auto& branch) {
            return init_backend<std::decay_t<decltype(branch)>>(context, netdev, options);
        },
        netdev.branch));
    group->set_description(describe(netdev));
    return group;
}

Result<void> commit(NetContext& context, std::unique_ptr<NetClientGroup> group) {
    NET_TRY(group->activate());
    context.registry().insert(std::move(group)).on_commit();
    return {};
}

void net_client_init_async(NetContext& context, qapi::Netdev netdev, const NetInitOptions& options,
                           NetInitDone done) {
    const bool waits = std::visit(
        [&context](const auto& branch) { return may_wait(context, branch); }, netdev.branch);
    Result<void> valid = check_id_is_free(context, netdev.id);
    if (!waits || !valid) {
        return done(valid ? net_client_init(context, netdev, options) : std::move(valid));
    }
    const std::string id = netdev.id;
    context.starting().emplace(id, describe(netdev));
    auto start =
        std::make_shared<Start>(Start{context, std::move(netdev), options, std::move(done)});
    Result<void> submitted = context.workers().submit([start]() -> WorkerPool::Completion {
        start->built = build_netdev(start->context, start->netdev, start->options);
        return [start] { finish(*start); };
    });
    if (!submitted) {
        context.starting().erase(id);
        start->done(std::move(submitted));
    }
}

}  // namespace net
