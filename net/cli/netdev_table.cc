// SPDX-License-Identifier: MIT
#include "net/cli/netdev_table.h"

#include <climits>
#include <vector>

#include "net/base/control_characters.h"
#include "net/cli/table.h"

namespace qnetdev::cli {
namespace {

/// Columns that are always there, and those that tell queues apart.
constexpr std::size_t kKept = 4;
constexpr std::size_t kId = 0;
constexpr std::size_t kQueue = 2;

std::string on_or_off(bool on) {
    return on ? "on" : "off";
}

std::string describe_optional(const Offloads& offloads) {
    std::string text = offloads.ufo ? "ufo," : "";
    text += offloads.uso4 ? "uso," : "";
    text += offloads.tunnel ? "tunnel," : "";
    return text.empty() ? "-" : text.substr(0, text.size() - 1);
}

/// 0 stands for a driver that does not tell.
std::string describe_sndbuf(int bytes) {
    if (bytes == 0) {
        return "-";
    }
    return bytes == INT_MAX ? "unlimited" : std::to_string(bytes);
}

Cells describe_interface(const InterfaceDescription& interface) {
    return {on_or_off(interface.multi_queue),
            on_or_off(interface.vnet_hdr),
            std::to_string(interface.vnet_hdr_len),
            on_or_off(interface.offloads != Offloads{}),
            describe_optional(interface.supported_offloads),
            describe_sndbuf(interface.sndbuf)};
}

std::string describe_vhost(const NetClientState& client) {
    const std::optional<VhostDescription> vhost = client.describe_vhost();
    return vhost ? "on,owner=" + std::to_string(vhost->owner) + ",features=" + vhost->features
                 : "off";
}

Cells describe_queue(const NetClientState& client, std::size_t index,
                     const QueueDescription& queue) {
    const bool has_interface = queue.interface.has_value();
    Cells cells = {client.name(), has_interface ? queue.interface->name : "-",
                   std::to_string(index), queue.fd >= 0 ? std::to_string(queue.fd) : "-"};
    const Cells interface = has_interface ? describe_interface(*queue.interface) : Cells(6, "-");
    cells.insert(cells.end(), interface.begin(), interface.end());
    cells.push_back(queue.script);
    cells.push_back(queue.downscript);
    cells.push_back(describe_vhost(client));
    return cells;
}

}  // namespace

Result<std::string> netdev_table(const NetClientRegistry& registry,
                                 std::optional<std::size_t> width) {
    std::vector<Cells> rows = {{"id", "ifname", "queue", "fd", "multi_queue", "vnet_hdr", "hdr_len",
                                "offload", "offered", "sndbuf", "script", "downscript", "vhost"}};
    for (const auto& group : registry.groups()) {
        for (std::size_t queue = 0; queue < group->size(); ++queue) {
            const NetClientState& client = group->client(queue);
            const QueueDescription told = NET_TRY(client.describe());
            rows.push_back(describe_queue(client, queue, told));
        }
    }
    if (!width) {
        return format_table(rows);
    }
    for (Cells& row : rows) {
        for (std::string& cell : row) {
            cell = replace_controls(cell, '?');  // as wide as it will be
        }
    }
    return format_table(rows, {.kept = kKept, .key = {kId, kQueue}, .width = *width});
}

}  // namespace qnetdev::cli
