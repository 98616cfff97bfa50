// SPDX-License-Identifier: MIT
#include "net/cli/netdev_arguments.h"

#include <algorithm>
#include <variant>

#include "net/cli/report.h"
#include "net/options.h"

namespace net::cli {
namespace {

constexpr std::string_view kNetdev = "-netdev";
constexpr std::string_view kNic = "-nic";
constexpr std::string_view kNet = "-net";

OptionSpec argument_spec(NetdevArguments& arguments, std::string_view option, NetdevOrigin origin) {
    return {option, true, [&arguments, option, origin](std::string_view value) -> Result<void> {
                arguments.items.push_back(
                    {.option = option, .text = std::string(value), .origin = origin});
                return {};
            }};
}

}  // namespace

std::optional<int> NetdevArguments::parse_all() {
    bool help = false;
    for (NetdevArgument& item : items) {
        if (item.option == kNetdev && is_netdev_help(item.text)) {
            help = true;
            continue;
        }
        const Result<void> parsed = parse(item);
        if (!parsed) {
            report_finding(parsed.error(), item.text);
            return exit_failed;
        }
    }
    if (help) {
        print(list_netdev_types());
        return exit_done;
    }
    return std::nullopt;
}

std::vector<const NetdevArgument*> NetdevArguments::in_init_order() const {
    std::vector<const NetdevArgument*> order;
    for (const NetdevArgument& item : items) {
        if (!item.empty) {
            order.push_back(&item);
        }
    }
    const auto phase = [](const NetdevArgument* item) {
        return item->json_like ? 0 : item->option == kNetdev ? 1 : item->option == kNic ? 2 : 3;
    };
    std::stable_sort(
        order.begin(), order.end(),
        [&phase](const NetdevArgument* a, const NetdevArgument* b) { return phase(a) < phase(b); });
    return order;
}

Result<void> NetdevArguments::parse(NetdevArgument& item) {
    std::vector<std::string> warnings;
    if (item.option == kNetdev) {
        ParsedNetdev parsed = NET_TRY(parse_netdev(item.text));
        item.json_like = netdev_language(item.text) != NetdevLanguage::traditional;
        item.netdev = std::move(parsed.netdev);
        warnings = std::move(parsed.warnings);
    } else {
        ParsedNic parsed =
            NET_TRY(item.option == kNic ? parse_nic(item.text) : parse_net(item.text));
        item.empty = !parsed.netdev.has_value() ||
                     std::holds_alternative<qapi::NetLegacyNicOptions>(parsed.netdev->branch);
        item.netdev = std::move(parsed.netdev).value_or(qapi::Netdev());
        if (item.netdev.id.empty()) {
            item.netdev.id = "#net" + std::to_string(next_id_++);  // no user can write it
        }
        warnings = std::move(parsed.warnings);
    }
    for (const std::string& warning : warnings) {
        report_warning(item.option, item.text, warning);
    }
    return {};
}

std::vector<OptionSpec> netdev_option_specs(NetdevArguments& arguments) {
    return {argument_spec(arguments, kNetdev, NetdevOrigin::command_line)};
}

std::vector<OptionSpec> nic_option_specs(NetdevArguments& arguments) {
    return {argument_spec(arguments, kNic, NetdevOrigin::command_line),
            argument_spec(arguments, kNet, NetdevOrigin::net_option)};
}

std::string list_netdev_types() {
    std::string text = "Available netdev backend types:\n";
    for (const std::string_view name : qapi::enum_names<qapi::NetClientDriver>) {
        if (name != "none" && name != "nic") {
            text.append(name).append("\n");
        }
    }
    return text;
}

}  // namespace net::cli
