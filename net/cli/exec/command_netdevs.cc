// SPDX-License-Identifier: MIT
#include "net/cli/exec/command_netdevs.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "net/cli/exec/qemu_options.h"
#include "net/netdev.h"
#include "net/options.h"
#include "net/options/language.h"
#include "net/options/traditional.h"
#include "net/tap/fd_list.h"
#include "qapi/json_reader.h"

namespace net::cli {
namespace {

using qapi::NetdevTapOptions;

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

void add_fds(const std::optional<std::string>& list, std::vector<int>& fds) {
    if (!list) {
        return;
    }
    for (const std::string_view token : split_fd_list(*list)) {
        if (const std::optional<int> fd = parse_fd_number(token)) {
            fds.push_back(*fd);
        }
    }
}

void add_fd(const std::optional<qapi::SocketAddress>& address, std::vector<int>& fds) {
    if (address) {
        if (const auto* fd = std::get_if<qapi::FdSocketAddress>(&address->branch)) {
            add_fds(fd->str, fds);
        }
    }
}

/// Numbers in the options where QEMU takes a descriptor.
std::vector<int> named_fds(const qapi::Netdev& netdev) {
    std::vector<int> fds;
    if (const auto* tap = std::get_if<NetdevTapOptions>(&netdev.branch)) {
        for (const auto* list : {&tap->fd, &tap->fds, &tap->vhostfd, &tap->vhostfds}) {
            add_fds(*list, fds);
        }
    } else if (const auto* socket = std::get_if<qapi::NetdevSocketOptions>(&netdev.branch)) {
        add_fds(socket->fd, fds);
    } else if (const auto* stream = std::get_if<qapi::NetdevStreamOptions>(&netdev.branch)) {
        add_fd(stream->addr, fds);
    } else if (const auto* dgram = std::get_if<qapi::NetdevDgramOptions>(&netdev.branch)) {
        add_fd(dgram->local, fds);
    } else if (const auto* vdpa = std::get_if<qapi::NetdevVhostVDPAOptions>(&netdev.branch)) {
        add_fds(vdpa->vhostfd, fds);
    }
    return fds;
}

/// One vhost descriptor cannot serve several queues, and QEMU would find out late.
Result<void> check_vhostfd(const qapi::Netdev& netdev) {
    const auto* tap = std::get_if<NetdevTapOptions>(&netdev.branch);
    if (tap != nullptr && tap->vhostfd && tap->queues.value_or(1) > 1) {
        return Error("'vhostfd' is one descriptor, but 'queues' is " + std::to_string(*tap->queues))
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

unsigned TapRequest::queues() const {
    const auto* tap = std::get_if<NetdevTapOptions>(&netdev.branch);
    if (tap != nullptr && tap->fds) {
        return static_cast<unsigned>(split_fd_list(*tap->fds).size());
    }
    return tap != nullptr ? tap->queues.value_or(1) : 1;
}

bool TapRequest::needs_vhost() const {
    const auto* tap = std::get_if<NetdevTapOptions>(&netdev.branch);
    return tap != nullptr && !tap->vhostfd && !tap->vhostfds &&
           tap->vhost.value_or(tap->vhostforce.value_or(false));
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
    reading.named_fds = named_fds(*parsed->netdev);
    if (!ours) {
        return reading;
    }
    TapRequest request{.option = option,
                       .text = std::string(text),
                       .json = is_json(option, text),
                       .netdev = *std::move(parsed->netdev),
                       .warnings = std::move(parsed->warnings)};
    std::vector<Error> broken = net_validate(request.netdev, request.origin());
    if (!broken.empty()) {
        return std::move(broken.front());
    }
    const auto* tap = std::get_if<NetdevTapOptions>(&request.netdev.branch);
    if (tap != nullptr && (tap->fd || tap->fds)) {
        reading.id = request.netdev.id;
        reading.queues = request.queues();
        return reading;
    }
    NET_TRY(check_vhostfd(request.netdev));
    if (request.netdev.id.empty()) {
        request.netdev.id = "#nic" + std::to_string(serial);
    }
    reading.tap = std::move(request);
    return reading;
}

}  // namespace net::cli
