// SPDX-License-Identifier: MIT
#include "net/cli/netdev_arguments.h"

#include "net/cli/report.h"
#include "net/options.h"

namespace net::cli {

std::optional<int> NetdevArguments::parse_all() {
    bool help = false;
    for (NetdevArgument& item : items) {
        if (is_netdev_help(item.text)) {
            help = true;
            continue;
        }
        Result<ParsedNetdev> parsed = parse_netdev(item.text);
        if (!parsed) {
            report_error(item.option, item.text, parsed.error());
            return exit_failed;
        }
        for (const std::string& warning : parsed->warnings) {
            report_warning(item.option, item.text, warning);
        }
        item.json_like = netdev_language(item.text) != NetdevLanguage::traditional;
        item.netdev = std::move(parsed->netdev);
    }
    if (help) {
        print(list_netdev_types());
        return exit_done;
    }
    return std::nullopt;
}

std::vector<const NetdevArgument*> NetdevArguments::in_init_order() const {
    std::vector<const NetdevArgument*> order;
    for (const bool json_like : {true, false}) {
        for (const NetdevArgument& item : items) {
            if (item.json_like == json_like) {
                order.push_back(&item);
            }
        }
    }
    return order;
}

std::vector<OptionSpec> netdev_option_specs(NetdevArguments& arguments) {
    return {{"-netdev", true, [&arguments](std::string_view value) -> Result<void> {
                 arguments.items.push_back({.option = "-netdev", .text = std::string(value)});
                 return {};
             }}};
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
