// SPDX-License-Identifier: MIT
#include "net/cli/exec/command_netdevs.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "net/cli/exec/qemu_options.h"
#include "net/net_client_init.h"
#include "net/options/netdev_options.h"
#include "net/options/traditional.h"
#include "net/validate/validate.h"
#include "qapi/json_reader.h"

namespace qnetdev::cli {
namespace {

std::optional<NetdevOption> netdev_option(std::string_view name) {
    if (name == "netdev") {
        return NetdevOption::netdev;
    }
    if (name == "nic") {
        return NetdevOption::nic;
    }
    return name == "net" ? std::optional(NetdevOption::net) : std::nullopt;
}

/// Whether the effective type is ours to open, however wrong the rest may be. A text that is no
/// JSON at all may have been meant for a tap.
bool is_tap_or_bridge(const NetdevArgument& argument) {
    std::string type;
    if (argument.language == NetdevLanguage::json) {
        const Result<qapi::Document> document = qapi::parse_json(argument.text);
        if (!document) {
            return true;
        }
        const qapi::Value value = document->root().find("type");
        type = value ? value.text() : "";
    } else {
        type = TraditionalOptions(argument.text, kImpliedKey).type();
    }
    return type == "tap" || type == "bridge";
}

std::vector<int> named_fds(const NetdevPlan& plan) {
    std::vector<int> numbers;
    for (const FdRef& fd : passed_fds(plan)) {
        if (fd.number) {
            numbers.push_back(*fd.number);
        }
    }
    return numbers;
}

/// One vhost descriptor cannot serve several queues, and QEMU would find out late.
Result<void> check_vhostfd(const TapPlan& tap) {
    if (tap.queues > 1 && tap.vhost[0] == tap.vhost[1] &&
        std::holds_alternative<FdRef>(tap.vhost[0])) {
        return Error("'vhostfd' is one descriptor, but 'queues' is " + std::to_string(tap.queues))
            .with_stage(Stage::validate)
            .with_param("vhostfd")
            .with_hint("use vhost=on: one is then opened for each queue");
    }
    return {};
}

Error forbidden(const std::string& param) {
    return Error("--no-scripts forbids '" + param + "' in the command")
        .with_stage(Stage::validate)
        .with_param(param)
        .with_hint("name it in -netdev before '--', or drop --no-scripts");
}

}  // namespace

std::vector<NetdevWord> find_netdev_words(Words command) {
    std::vector<NetdevWord> found;
    for (std::size_t i = 1; i + 1 < command.size(); ++i) {
        const std::string_view name = qemu_option_name(command[i]);
        if (!qemu_option_takes_value(name)) {
            continue;
        }
        ++i;
        if (const std::optional<NetdevOption> option = netdev_option(name)) {
            found.push_back({i, *option});
        }
    }
    return found;
}

Result<NetdevReading> read_netdev(const NetdevArgument& argument) {
    const bool ours = is_tap_or_bridge(argument);
    if (!argument.parsed) {
        return ours ? Result<NetdevReading>(argument.parsed.error()) : NetdevReading{};
    }
    NetdevReading reading;
    if (!argument.parsed->netdev) {
        return reading;
    }
    Validation validation =
        validate_netdev(argument.netdev(), argument.origin(), plan_defaults(NetContextOptions{}));
    if (!validation.plan) {
        return ours ? Result<NetdevReading>(std::move(validation.broken.front())) : reading;
    }
    reading.named_fds = named_fds(*validation.plan);
    if (!ours) {
        return reading;
    }
    TapRequest request{.argument = argument, .plan = *std::move(validation.plan)};
    if (std::holds_alternative<PassedFds>(request.tap().source)) {
        reading.id = request.plan.id;
        reading.queues = request.queues();
        return reading;
    }
    NET_TRY(check_vhostfd(request.tap()));
    reading.tap = std::move(request);
    return reading;
}

Result<void> forbid_scripts(TapRequest& request) {
    const qapi::Netdev& netdev = request.argument.netdev();
    if (const auto* bridge = std::get_if<qapi::NetdevBridgeOptions>(&netdev.branch)) {
        return bridge->helper ? Result<void>(forbidden("helper")) : Result<void>();
    }
    const auto& options = std::get<qapi::NetdevTapOptions>(netdev.branch);
    auto* named = std::get_if<ByName>(&std::get<TapPlan>(request.plan.backend).source);
    if (named == nullptr) {
        return forbidden("helper");
    }
    if (options.script && named->script.runs) {
        return forbidden("script");
    }
    if (options.downscript && named->downscript.runs) {
        return forbidden("downscript");
    }
    named->script = {};
    named->downscript = {};
    return {};
}

}  // namespace qnetdev::cli
