// SPDX-License-Identifier: MIT
#include "net/cli/exec/command_netdevs.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "net/cli/exec/qemu_options.h"
#include "net/net_client_init.h"
#include "net/options.h"
#include "net/options/language.h"
#include "net/options/traditional.h"
#include "net/validate/validate.h"
#include "qapi/json_reader.h"

namespace net::cli {
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

bool is_json(NetdevOption option, std::string_view text) {
    return option == NetdevOption::netdev && text.starts_with('{');
}

/// Whether the effective type is ours to open, however wrong the rest may be. A text that is no
/// JSON at all may have been meant for a tap.
bool is_tap_or_bridge(NetdevOption option, std::string_view text) {
    std::string type;
    if (is_json(option, text)) {
        const Result<qapi::Document> document = qapi::parse_json(text);
        if (!document) {
            return true;
        }
        const qapi::Value value = document->root().find("type");
        type = value ? value.text() : "";
    } else {
        type = TraditionalOptions(text, kImpliedKey).type();
    }
    return type == "tap" || type == "bridge";
}

struct Parsed {
    std::optional<qapi::Netdev> netdev = {};
    std::vector<std::string> warnings = {};
};

Result<Parsed> parse(NetdevOption option, std::string_view text) {
    if (option == NetdevOption::netdev) {
        ParsedNetdev parsed = NET_TRY(parse_netdev(text));
        return Parsed{std::move(parsed.netdev), std::move(parsed.warnings)};
    }
    ParsedNic parsed = NET_TRY(option == NetdevOption::nic ? parse_nic(text) : parse_net(text));
    return Parsed{std::move(parsed.netdev), std::move(parsed.warnings)};
}

NetdevOrigin origin_of(NetdevOption option) {
    return option == NetdevOption::net ? NetdevOrigin::net_option : NetdevOrigin::command_line;
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

}  // namespace

std::string_view netdev_option_name(NetdevOption option) {
    switch (option) {
        case NetdevOption::netdev:
            return "-netdev";
        case NetdevOption::nic:
            return "-nic";
        case NetdevOption::net:
            break;
    }
    return "-net";
}

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

Result<NetdevReading> read_netdev(NetdevOption option, std::string_view text, std::size_t serial) {
    const bool ours = is_tap_or_bridge(option, text);
    Result<Parsed> parsed = parse(option, text);
    if (!parsed) {
        return ours ? Result<NetdevReading>(std::move(parsed).error()) : NetdevReading{};
    }
    NetdevReading reading;
    if (!parsed->netdev) {
        return reading;
    }
    Validation validation =
        validate_netdev(*parsed->netdev, origin_of(option), plan_defaults(NetContextOptions{}));
    if (!validation.plan) {
        return ours ? Result<NetdevReading>(std::move(validation.broken.front())) : reading;
    }
    reading.named_fds = named_fds(*validation.plan);
    if (!ours) {
        return reading;
    }
    TapRequest request{.option = option,
                       .text = std::string(text),
                       .json = is_json(option, text),
                       .netdev = *std::move(parsed->netdev),
                       .plan = *std::move(validation.plan),
                       .warnings = std::move(parsed->warnings)};
    if (std::holds_alternative<PassedFds>(request.tap().source)) {
        reading.id = request.plan.id;
        reading.queues = request.queues();
        return reading;
    }
    NET_TRY(check_vhostfd(request.tap()));
    if (request.netdev.id.empty()) {
        request.netdev.id = request.plan.id = "#nic" + std::to_string(serial);
    }
    reading.tap = std::move(request);
    return reading;
}

}  // namespace net::cli
