// SPDX-License-Identifier: MIT
#include "net/options/netdev_arguments.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

#include "net/options/netdev_options.h"
#include "net/options/traditional.h"

namespace qnetdev {
namespace {

Result<ParsedNic> parse(NetdevOption option, std::string_view text) {
    switch (option) {
        case NetdevOption::nic:
            return parse_nic(text);
        case NetdevOption::net:
            return parse_net(text);
        case NetdevOption::netdev:
            break;
    }
    ParsedNetdev parsed = NET_TRY(parse_netdev(text));
    ParsedNic argument;
    argument.netdev = std::move(parsed.netdev);
    argument.warnings = std::move(parsed.warnings);
    return argument;
}

/// "#net207": the third one, with the digits 07.
std::string invented_id(unsigned count, unsigned random) {
    const unsigned digits = random % 100;
    return "#net" + std::to_string(count) + (digits < 10 ? "0" : "") + std::to_string(digits);
}

/// Whether QEMU invents an id for it, even if nothing comes to bear it.
bool lacks_id(const NetdevArgument& argument) {
    if (argument.option == NetdevOption::netdev || !argument.parsed) {
        return false;
    }
    if (argument.parsed->netdev) {
        return argument.parsed->netdev->id.empty();
    }
    return argument.option == NetdevOption::net &&
           !TraditionalOptions(argument.text, kImpliedKey).get("id");
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

NetdevOrigin NetdevArgument::origin() const {
    return option == NetdevOption::net ? NetdevOrigin::net_option : NetdevOrigin::command_line;
}

bool NetdevArgument::has_backend() const {
    return parsed && parsed->netdev &&
           !(option == NetdevOption::net &&
             std::holds_alternative<qapi::NetLegacyNicOptions>(parsed->netdev->branch));
}

std::vector<std::string> NetdevArgument::warnings() const {
    return parsed ? parsed->warnings : std::vector<std::string>();
}

int NetdevArgument::init_phase() const {
    const bool json_like = language != NetdevLanguage::traditional;
    return json_like ? 0 : static_cast<int>(option) + 1;
}

bool NetdevArgument::asks_for_help() const {
    return option == NetdevOption::netdev && is_netdev_help(text);
}

void NetdevArguments::add(NetdevOption option, std::string text) {
    NetdevArgument& argument = items_.emplace_back();
    argument.option = option;
    argument.text = std::move(text);
    if (option == NetdevOption::netdev) {
        argument.language = netdev_language(argument.text);
    }
    argument.parsed = parse(option, argument.text);
}

std::vector<std::size_t> NetdevArguments::by_phase() const {
    std::vector<std::size_t> order(items_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
        return items_[a].init_phase() < items_[b].init_phase();
    });
    return order;
}

std::vector<std::size_t> NetdevArguments::init_order() const {
    std::vector<std::size_t> order = by_phase();
    std::erase_if(order, [this](std::size_t i) { return !items_[i].has_backend(); });
    return order;
}

void NetdevArguments::invent_ids(const std::function<unsigned()>& random) {
    unsigned count = 0;
    for (const std::size_t i : by_phase()) {
        NetdevArgument& argument = items_[i];
        if (!lacks_id(argument)) {
            continue;
        }
        std::string id = invented_id(count++, random());
        if (argument.parsed->netdev) {
            argument.parsed->netdev->id = std::move(id);
            argument.id_invented = true;
        }
    }
}

}  // namespace qnetdev
