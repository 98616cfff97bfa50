// SPDX-License-Identifier: MIT
#include <utility>
#include <variant>

#include "net/options.h"
#include "net/options/netdev_options.h"

namespace qnetdev {
namespace {

std::optional<std::string> take(TraditionalOptions& options, std::string_view key) {
    std::optional<std::string> value;
    if (const std::optional<OptionText> given = options.get(key)) {
        value = given->text;
        options.erase(key);
    }
    return value;
}

/// What both options have in common, once the card's own keys are taken out.
Result<ParsedNic> read_backend(TraditionalOptions& options, ParsedNic nic) {
    if (!options.get("id")) {
        options.append("id", {}, {});
    }
    ParsedNetdev parsed = NET_TRY(netdev_from_traditional(options));
    if (!std::holds_alternative<qapi::NetdevNone>(parsed.netdev.branch)) {
        nic.netdev = std::move(parsed.netdev);
    }
    nic.warnings = std::move(parsed.warnings);
    return nic;
}

}  // namespace

Result<ParsedNic> parse_nic(std::string_view text) {
    NET_TRY(check_length(text));
    TraditionalOptions options(text, kImpliedKey);
    NET_TRY(check_given_id(options));
    ParsedNic nic;
    const std::optional<OptionText> type = options.get(kImpliedKey);
    if (!type) {
        options.append(kImpliedKey, "user", {});
    } else if (type->text == "nic") {
        return Error("'type' must be a backend for '-nic', not 'nic'")
            .with_stage(Stage::parse)
            .with_param("type")
            .with_span(type->span);
    } else if (type->text == "none") {
        // QEMU does not look at what else is given; with -net it does.
        nic.warnings = options.take_warnings();
        return nic;
    }
    nic.mac = take(options, "mac");
    nic.model = take(options, "model");
    return read_backend(options, std::move(nic));
}

Result<ParsedNic> parse_net(std::string_view text) {
    NET_TRY(check_length(text));
    TraditionalOptions options(text, kImpliedKey);
    NET_TRY(check_given_id(options));
    return read_backend(options, {});
}

}  // namespace qnetdev
