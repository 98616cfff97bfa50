// SPDX-License-Identifier: MIT
#include "checks.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "net/net_context.h"
#include "net/validate/validate.h"

namespace qnetdev {

/// net/nic pairs cards with the netdevs of a context, of which no target has one.
NetClientRegistry& NetContext::registry() {
    std::abort();
}

}  // namespace qnetdev

namespace fuzz {
namespace {

using qnetdev::NetdevOrigin;

bool fits(qnetdev::TextSpan span, std::string_view text) {
    return span.offset <= text.size() && span.length <= text.size() - span.offset;
}

void check_reads_back(const qnetdev::qapi::Netdev& netdev, const std::string& printed) {
    const qnetdev::Result<qnetdev::ParsedNetdev> again = qnetdev::parse_netdev(printed);
    require(again.has_value(), "what was printed is read back", printed);
    require(again->netdev == netdev, "what was printed reads back to the same", printed);
}

void check_printing(const qnetdev::qapi::Netdev& netdev, Source source) {
    const qnetdev::Result<std::string> json = qnetdev::netdev_to_json(netdev);
    require(json || source == Source::text, "JSON can be printed as JSON", netdev.id);
    if (json) {
        check_reads_back(netdev, *json);
    }
    const qnetdev::Result<std::string> text = qnetdev::netdev_to_text(netdev);
    require(text || source == Source::json || !qnetdev::is_well_formed_id(netdev.id),
            "text can be printed as text", netdev.id);
    if (text) {
        check_reads_back(netdev, *text);
    }
}

/// What net_validate() does, without all that net_client_init() needs.
std::vector<qnetdev::Error> validate(const qnetdev::qapi::Netdev& netdev, NetdevOrigin origin) {
    return qnetdev::validate_netdev(netdev, origin).broken;
}

}  // namespace

void require(bool good, std::string_view what, std::string_view detail) {
    if (good) {
        return;
    }
    detail = detail.substr(0, 4096);
    std::fprintf(stderr, "does not hold: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
                 static_cast<int>(detail.size()), detail.data());
    std::abort();
}

void check_parse_error(const qnetdev::Error& error, std::string_view text) {
    require(error.stage() == qnetdev::Stage::parse, "the error is one of parsing", error.message());
    require(!error.message().empty(), "the error has a message");
    require(!error.span() || fits(*error.span(), text), "the error points into the text",
            error.message());
}

void check_netdev(const qnetdev::qapi::Netdev& netdev, std::string_view text, Source source) {
    check_printing(netdev, source);
    std::set<std::string> located;  // each time, the whole text is read
    for (const NetdevOrigin origin :
         {NetdevOrigin::command_line, NetdevOrigin::monitor, NetdevOrigin::net_option}) {
        for (const qnetdev::Error& error : validate(netdev, origin)) {
            require(error.stage() != qnetdev::Stage::parse, "the error is one of validation",
                    error.message());
            require(!error.message().empty(), "the error has a message");
            if (!located.insert(error.param()).second) {
                continue;
            }
            const std::optional<qnetdev::TextSpan> span =
                qnetdev::locate_option(text, error.param());
            require(!span || fits(*span, text), "the option is found within the text",
                    error.param());
        }
    }
}

}  // namespace fuzz
