// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "net/validate/rules.h"

namespace qnetdev {
namespace {

using Xdp = qapi::NetdevAFXDPOptions;

constexpr std::int64_t kLargestQueue = std::numeric_limits<std::int32_t>::max();

void check_queues(const Xdp& xdp, std::vector<Error>& broken) {
    const auto check = [&](const char* option, std::int64_t number, std::int64_t smallest) {
        if (number < smallest || number > kLargestQueue) {
            broken.push_back(broken_rule(
                in_quotes(option) + " must be " + std::to_string(smallest) + " to " +
                    std::to_string(kLargestQueue) + ", but is " + std::to_string(number),
                option));
        }
    };
    check("queues", xdp.queues.value_or(1), 1);
    check("start-queue", xdp.start_queue.value_or(0), 0);
}

/// The program is ours, or the sockets go into the map of another's: nothing in between.
void check_inhibit(const Xdp& xdp, std::vector<Error>& broken) {
    const bool inhibit = xdp.inhibit == true;
    if (inhibit && !xdp.sock_fds && !xdp.map_path) {
        broken.push_back(broken_rule("'inhibit' needs 'sock-fds' or 'map-path'", "inhibit"));
    }
    const auto check = [&](const char* option, bool given) {
        if (given && !inhibit) {
            broken.push_back(broken_rule(in_quotes(option) + " needs 'inhibit' to be on", option)
                                 .with_hint("add inhibit=on"));
        }
    };
    check("sock-fds", xdp.sock_fds.has_value());
    check("map-path", xdp.map_path.has_value());
    if (xdp.sock_fds && xdp.map_path) {
        broken.push_back(broken_rule("'map-path' cannot be used with 'sock-fds'", "map-path")
                             .with_hint("drop 'sock-fds', or drop 'map-path'"));
    }
}

void check_map_index(const Xdp& xdp, std::vector<Error>& broken) {
    if (xdp.map_start_index && !xdp.map_path) {
        broken.push_back(broken_rule("'map-start-index' needs 'map-path'", "map-start-index"));
    }
    if (xdp.map_start_index.value_or(0) < 0) {
        broken.push_back(broken_rule(
            "'map-start-index' must be at least 0, but is " + std::to_string(*xdp.map_start_index),
            "map-start-index"));
    }
}

void check_sockets(const Xdp& xdp, NetdevOrigin origin, std::vector<FdRef>& fds,
                   std::vector<Error>& broken) {
    if (!xdp.sock_fds) {
        return;
    }
    const std::string& list = *xdp.sock_fds;
    const std::int64_t count =
        list.empty() ? 0 : std::count(list.begin(), list.end(), ':') + std::int64_t{1};
    if (count != xdp.queues.value_or(1)) {
        broken.push_back(broken_rule(
            "'sock-fds' must have one entry for each of 'queues': " + std::to_string(count) +
                " against " + std::to_string(xdp.queues.value_or(1)),
            "sock-fds"));
        return;  // each of a wrong number of entries would only repeat that
    }
    for (std::size_t start = 0; start <= list.size();) {
        const std::size_t end = std::min(list.find(':', start), list.size());
        const std::string_view token = std::string_view(list).substr(start, end - start);
        if (std::optional<FdRef> fd = read_fd("sock-fds", token, origin, broken)) {
            fds.push_back(*std::move(fd));
        }
        start = end + 1;
    }
}

}  // namespace

std::vector<Error> validate_af_xdp(const Xdp& xdp, NetdevOrigin origin, std::vector<FdRef>& fds) {
    std::vector<Error> broken;
    check_queues(xdp, broken);
    check_inhibit(xdp, broken);
    check_map_index(xdp, broken);
    check_sockets(xdp, origin, fds, broken);
    return broken;
}

}  // namespace qnetdev
