// SPDX-License-Identifier: MIT
#pragma once

#include <climits>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "qapi/net_types.h"

/// Plans: what validated options ask for, with nothing left to interpret.
///
/// A plan is a plain value and owns all of itself, so it can be kept, copied, compared and handed
/// to another thread. What can be decided from the options is decided in it; what only the host
/// knows (whether a descriptor is open, whether an interface exists) is not in it.
namespace qnetdev {

/// A descriptor that the options name.
struct FdRef {
    std::string text = {};           ///< As written, for messages.
    std::optional<int> number = {};  ///< Absent: `text` is a name that a monitor was given (getfd).

    bool operator==(const FdRef&) const = default;
};

/// Queues on an interface that is opened by name, or made.
struct ByName {
    struct Script {
        std::string text =
            "no";           ///< The option's value or its default, as `info network` shows it.
        bool runs = false;  ///< Then `text` is the program's path.

        bool operator==(const Script&) const = default;
    };

    std::string ifname = {};            ///< Empty: the kernel picks "tapN". May hold one "%d".
    std::optional<bool> vnet_hdr = {};  ///< Absent: if the kernel has it.
    Script script = {};
    Script downscript = {};
    std::string bridge = {};  ///< To be joined; empty: none.
    /// Joining the bridge may fail: a script that is given brings the interface up by itself.
    bool bridge_is_optional = false;

    bool operator==(const ByName&) const = default;
};

/// Queues that the user brings along.
struct PassedFds {
    std::string_view option = "fd";  ///< "fd" or "fds", for messages.
    std::vector<FdRef> fds = {};     ///< One for each queue.

    bool operator==(const PassedFds&) const = default;
};

/// Queues that a helper program makes.
struct FromHelper {
    std::string command = {};  ///< As run_helper() reads it.
    std::string bridge = {};
    std::string info = {};  ///< What `info network` shows of such a queue.

    bool operator==(const FromHelper&) const = default;
};

/// How one queue gets its vhost-net device.
struct NoVhost {
    bool operator==(const NoVhost&) const = default;
};
struct OpenVhost {  ///< /dev/vhost-net is opened for it.
    bool operator==(const OpenVhost&) const = default;
};
using VhostSource = std::variant<NoVhost, OpenVhost, FdRef>;

/// Whether setting a netdev up may have to wait for others.
enum class PlanWait {
    never,
    for_removals,  ///< Only while interfaces are being removed: the kernel does one at a time.
    for_others,    ///< For a script, a helper or a bridge, or because there is that much to do.
};

struct TapPlan {
    using Source = std::variant<ByName, PassedFds, FromHelper>;

    Source source = {};
    unsigned queues = 1;
    /// Bytes for TUNSETSNDBUF, which has no "unlimited": INT_MAX stands for it. Absent: left as it
    /// is.
    std::optional<int> sndbuf = INT_MAX;
    std::vector<VhostSource> vhost = {};    ///< One for each queue; all NoVhost or none of them.
    std::string_view vhost_option = {};     ///< Which one asks for vhost, for messages.
    std::string_view vhost_fd_option = {};  ///< "vhostfd" or "vhostfds", if descriptors are passed.
    std::uint32_t vhost_busy_poll_us = 0;   ///< How long vhost polls before it sleeps.
    PlanWait wait = PlanWait::never;

    bool operator==(const TapPlan&) const = default;
};

/// A `bridge` netdev is a tap of one queue from a helper.
struct BridgePlan {
    TapPlan tap = {};

    bool operator==(const BridgePlan&) const = default;
};

/// Options that name descriptors, and these: those in `options` need not be read again.
template <class Options>
struct PlanWithFds {
    Options options = {};
    std::vector<FdRef> fds = {};  ///< In the order of the options.

    bool operator==(const PlanWithFds&) const = default;
};

/// The plan of a type; of one that has nothing but options, these.
template <class Options>
struct PlanOf {
    using Type = Options;
};
template <>
struct PlanOf<qapi::NetdevTapOptions> {
    using Type = TapPlan;
};
template <>
struct PlanOf<qapi::NetdevBridgeOptions> {
    using Type = BridgePlan;
};
template <>
struct PlanOf<qapi::NetdevSocketOptions> {
    using Type = PlanWithFds<qapi::NetdevSocketOptions>;
};
template <>
struct PlanOf<qapi::NetdevStreamOptions> {
    using Type = PlanWithFds<qapi::NetdevStreamOptions>;
};
template <>
struct PlanOf<qapi::NetdevDgramOptions> {
    using Type = PlanWithFds<qapi::NetdevDgramOptions>;
};
template <>
struct PlanOf<qapi::NetdevVhostVDPAOptions> {
    using Type = PlanWithFds<qapi::NetdevVhostVDPAOptions>;
};
template <>
struct PlanOf<qapi::NetdevAFXDPOptions> {
    using Type = PlanWithFds<qapi::NetdevAFXDPOptions>;
};

template <class Branch>
struct PlansOf;
template <class... Options>
struct PlansOf<std::variant<Options...>> {
    using Type = std::variant<typename PlanOf<Options>::Type...>;
};

struct NetdevPlan {
    /// Copied, moved and destroyed in one source file, as the variant of the options is.
    class Backend : public PlansOf<qapi::Netdev::Branch::variant>::Type {
    public:
        using variant::variant;
        using variant::operator=;
        Backend();
        Backend(const Backend& other);
        Backend(Backend&& other) noexcept;
        Backend& operator=(const Backend& other);
        Backend& operator=(Backend&& other) noexcept;
        ~Backend();
    };

    std::string id = {};
    /// Made by -net: it sits on a hub, and lives and dies with the process.
    bool on_hub = false;
    Backend backend = {};

    bool operator==(const NetdevPlan&) const = default;
};

qapi::NetClientDriver plan_driver(const NetdevPlan& plan);

/// The plan of the tap that a tap or bridge netdev is; null for other types.
const TapPlan* tap_plan(const NetdevPlan& plan);

/// Every descriptor that is passed, those for vhost included, in their order.
std::vector<FdRef> passed_fds(const NetdevPlan& plan);

}  // namespace qnetdev
