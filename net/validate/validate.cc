// SPDX-License-Identifier: MIT
#include "net/validate/validate.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "net/validate/rules.h"

namespace qnetdev {
namespace {

using Backend = NetdevPlan::Backend;

/// From the options of a type to its plan: one overload for each type that has rules. Of a type
/// without any the options are the plan.
struct Planner {
    NetdevOrigin origin;
    const PlanDefaults* defaults;  ///< Null: only the rules are asked for, and no plan is made.
    std::vector<Error>& broken;

    Backend operator()(const qapi::NetdevNone& none) const {
        return plan(none, {broken_rule("'type' none is no backend", "type")
                               .with_hint("-nic none leaves the guest without a network")});
    }
    Backend operator()(const qapi::NetLegacyNicOptions& nic) const {
        if (origin == NetdevOrigin::net_option) {
            return plan(nic, validate_nic(nic));
        }
        return plan(nic, {broken_rule("'type' nic is a card, not a backend", "type")
                              .with_hint("use -net nic or -device for the card")});
    }
    Backend operator()(const qapi::NetdevTapOptions& tap) const {
        return validate_tap(tap, origin, defaults, broken);
    }
    Backend operator()(const qapi::NetdevBridgeOptions& bridge) const {
        return validate_bridge(bridge, defaults, broken);
    }
    Backend operator()(const qapi::NetdevUserOptions& user) const {
        return plan(user, validate_user(user));
    }
    Backend operator()(const qapi::NetdevL2TPv3Options& tunnel) const {
        return plan(tunnel, validate_l2tpv3(tunnel));
    }
    Backend operator()(const qapi::NetdevSocketOptions& socket) const {
        return plan_with_fds(socket, validate_socket);
    }
    Backend operator()(const qapi::NetdevStreamOptions& stream) const {
        return plan_with_fds(stream, validate_stream);
    }
    Backend operator()(const qapi::NetdevDgramOptions& dgram) const {
        return plan_with_fds(dgram, validate_dgram);
    }
    Backend operator()(const qapi::NetdevHubPortOptions& port) const {
        return plan(port, validate_hubport(port, origin));
    }
    Backend operator()(const qapi::NetdevVhostUserOptions& vhost) const {
        return plan(vhost, validate_vhost_user(vhost));
    }
    Backend operator()(const qapi::NetdevVhostVDPAOptions& vdpa) const {
        return plan_with_fds(vdpa, validate_vhost_vdpa);
    }
    Backend operator()(const qapi::NetdevPasstOptions& passt) const {
        return plan(passt, validate_passt(passt));
    }
    Backend operator()(const qapi::NetdevAFXDPOptions& xdp) const {
        return plan_with_fds(xdp, validate_af_xdp);
    }
    Backend operator()(const qapi::NetdevVmnetHostOptions& vmnet) const {
        return plan(vmnet, validate_vmnet(vmnet));
    }
    Backend operator()(const qapi::NetdevVmnetSharedOptions& vmnet) const {
        return plan(vmnet, validate_vmnet(vmnet));
    }
    template <class Options>
    Backend operator()(const Options& options) const {
        return plan(options, {});
    }

private:
    /// Options may be large, so they are copied only into a plan that is meant.
    template <class Options>
    Backend plan(const Options& options, std::vector<Error> found) const {
        broken = std::move(found);
        return broken.empty() && defaults != nullptr ? Backend(options) : Backend();
    }
    template <class Options>
    using RuleWithFds = std::vector<Error> (*)(const Options&, NetdevOrigin, std::vector<FdRef>&);
    template <class Options>
    Backend plan_with_fds(const Options& options, RuleWithFds<Options> validate) const {
        std::vector<FdRef> fds;
        broken = validate(options, origin, fds);
        return broken.empty() && defaults != nullptr
                   ? Backend(PlanWithFds<Options>{options, std::move(fds)})
                   : Backend();
    }
};

void check_id(const char* option, const std::optional<std::string>& id,
              std::span<const std::string> known, std::vector<Error>& broken) {
    if (id && std::find(known.begin(), known.end(), *id) == known.end()) {
        broken.push_back(
            broken_rule(
                in_quotes(option) + " must name an existing " + option + ", not " + in_quotes(*id),
                option)
                .with_hint("create it first, with a -" + std::string(option) + " of its own"));
    }
}

template <class... Options>
constexpr std::array<qapi::NetClientDriver, sizeof...(Options)> drivers_of(
    const std::variant<Options...>* /*branch*/) {
    return {Options::kTag...};
}

struct PassedFdsOf {
    std::vector<FdRef> operator()(const TapPlan& tap) const {
        std::vector<FdRef> fds;
        if (const auto* passed = std::get_if<PassedFds>(&tap.source)) {
            fds = passed->fds;
        }
        for (const VhostSource& vhost : tap.vhost) {
            if (const auto* fd = std::get_if<FdRef>(&vhost)) {
                fds.push_back(*fd);
            }
        }
        return fds;
    }
    template <class Options>
    std::vector<FdRef> operator()(const PlanWithFds<Options>& plan) const {
        return plan.fds;
    }
    template <class Plan>
    std::vector<FdRef> operator()(const Plan& /*plan*/) const {
        return {};
    }
};

void put_limits_last(std::vector<Error>& broken) {
    if (broken.size() > 1) {
        std::stable_partition(broken.begin(), broken.end(),
                              [](const Error& error) { return error.stage() != Stage::host; });
    }
}

}  // namespace

Validation validate_netdev(const qapi::Netdev& netdev, NetdevOrigin origin,
                           const PlanDefaults& defaults) {
    Validation result;
    NetdevPlan& plan = result.plan.emplace();
    plan.backend = std::visit(Planner{origin, &defaults, result.broken}, netdev.branch);
    if (!result.broken.empty()) {
        result.plan.reset();
        put_limits_last(result.broken);
        return result;
    }
    plan.id = netdev.id;
    plan.on_hub = origin == NetdevOrigin::net_option;
    return result;
}

std::vector<Error> broken_rules(const qapi::Netdev& netdev, NetdevOrigin origin) {
    std::vector<Error> broken;
    (void)std::visit(Planner{origin, nullptr, broken}, netdev.branch);
    put_limits_last(broken);
    return broken;
}

std::vector<Error> validate_references(const qapi::Netdev& netdev, const KnownIds& known) {
    std::vector<Error> broken;
    if (const auto* port = std::get_if<qapi::NetdevHubPortOptions>(&netdev.branch)) {
        check_id("netdev", port->netdev, known.netdevs, broken);
    } else if (const auto* nic = std::get_if<qapi::NetLegacyNicOptions>(&netdev.branch)) {
        check_id("netdev", nic->netdev, known.netdevs, broken);
    } else if (const auto* vhost = std::get_if<qapi::NetdevVhostUserOptions>(&netdev.branch)) {
        check_id("chardev", vhost->chardev, known.chardevs, broken);
    }
    return broken;
}

NetdevPlan::Backend::Backend() = default;
NetdevPlan::Backend::Backend(const Backend&) = default;
NetdevPlan::Backend::Backend(Backend&&) noexcept = default;
NetdevPlan::Backend& NetdevPlan::Backend::operator=(const Backend&) = default;
NetdevPlan::Backend& NetdevPlan::Backend::operator=(Backend&&) noexcept = default;
NetdevPlan::Backend::~Backend() = default;

qapi::NetClientDriver plan_driver(const NetdevPlan& plan) {
    constexpr auto kDrivers =
        drivers_of(static_cast<const decltype(qapi::Netdev::branch)*>(nullptr));
    return kDrivers[plan.backend.index()];
}

const TapPlan* tap_plan(const NetdevPlan& plan) {
    const auto* bridge = std::get_if<BridgePlan>(&plan.backend);
    return bridge != nullptr ? &bridge->tap : std::get_if<TapPlan>(&plan.backend);
}

std::vector<FdRef> passed_fds(const NetdevPlan& plan) {
    return std::visit(PassedFdsOf{}, plan.backend);
}

}  // namespace qnetdev
