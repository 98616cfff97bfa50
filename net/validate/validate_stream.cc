// SPDX-License-Identifier: MIT
#include <cstdint>
#include <limits>
#include <string>
#include <variant>

#include "net/validate/rules.h"

namespace qnetdev {
namespace {

using Stream = qapi::NetdevStreamOptions;

constexpr std::int64_t kLongestDelay = std::numeric_limits<std::uint32_t>::max();

void refuse_for_server(const char* option, bool given, std::vector<Error>& broken) {
    if (given) {
        broken.push_back(broken_rule(in_quotes(option) +
                                         " cannot be used with 'server': who listens does not "
                                         "reconnect",
                                     option)
                             .with_hint("drop " + in_quotes(option) + ", or drop 'server'"));
    }
}

}  // namespace

std::vector<Error> validate_stream(const Stream& stream, NetdevOrigin origin,
                                   std::vector<FdRef>& fds) {
    std::vector<Error> broken;
    if (stream.server == true) {
        refuse_for_server("reconnect", stream.reconnect.has_value(), broken);
        refuse_for_server("reconnect-ms", stream.reconnect_ms.has_value(), broken);
    }
    if (stream.reconnect && stream.reconnect_ms) {
        broken.push_back(broken_rule("'reconnect' cannot be used with 'reconnect-ms'", "reconnect")
                             .with_hint("drop 'reconnect': it is the same in seconds"));
    }
    if (stream.reconnect_ms.value_or(0) < 0 || stream.reconnect_ms.value_or(0) > kLongestDelay) {
        broken.push_back(broken_rule("'reconnect-ms' must be 0 to " +
                                         std::to_string(kLongestDelay) + ", but is " +
                                         std::to_string(*stream.reconnect_ms),
                                     "reconnect-ms"));
    }
    if (const auto* address = std::get_if<qapi::FdSocketAddress>(&stream.addr.branch)) {
        if (std::optional<FdRef> fd = read_fd(address->str, origin)) {
            fds.push_back(*std::move(fd));
        }
    }
    return broken;
}

}  // namespace qnetdev
