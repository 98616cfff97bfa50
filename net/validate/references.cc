// SPDX-License-Identifier: MIT
#include "net/validate/references.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "net/validate/rule.h"

namespace net {
namespace {

void check(const char* option, const std::optional<std::string>& id,
           std::span<const std::string> known, std::vector<Error>& broken) {
    if (id && std::find(known.begin(), known.end(), *id) == known.end()) {
        broken.push_back(
            broken_rule(
                in_quotes(option) + " must name an existing " + option + ", not " + in_quotes(*id),
                option)
                .with_hint("create it first, with a -" + std::string(option) + " of its own"));
    }
}

}  // namespace

std::vector<Error> validate_references(const qapi::Netdev& netdev, const KnownIds& known) {
    std::vector<Error> broken;
    if (const auto* port = std::get_if<qapi::NetdevHubPortOptions>(&netdev.branch)) {
        check("netdev", port->netdev, known.netdevs, broken);
    } else if (const auto* nic = std::get_if<qapi::NetLegacyNicOptions>(&netdev.branch)) {
        check("netdev", nic->netdev, known.netdevs, broken);
    } else if (const auto* vhost = std::get_if<qapi::NetdevVhostUserOptions>(&netdev.branch)) {
        check("chardev", vhost->chardev, known.chardevs, broken);
    }
    return broken;
}

}  // namespace net
