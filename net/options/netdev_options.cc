// SPDX-License-Identifier: MIT
#include "net/options/netdev_options.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "net/base/limits.h"
#include "net/options/keyval.h"
#include "qapi/json_reader.h"
#include "qapi/net_tables.h"
#include "qapi/utf8.h"
#include "qapi/visitor.h"

namespace qnetdev {
namespace {

enum class IdCheck { none, form };

Result<ParsedNetdev> read_netdev(const qapi::Document& document, IdCheck id_check,
                                 qapi::VisitorOptions options = {}) {
    Result<ParsedNetdev> parsed = ParsedNetdev{};
    qapi::Visitor visitor(document, options);
    if (!visitor.read(document.root(), parsed->netdev, qapi::Path{})) {
        return with_netdev_hint(visitor.take_error(), document);
    }
    if (id_check == IdCheck::form && !is_well_formed_id(parsed->netdev.id)) {
        return std::move(check_id(parsed->netdev.id))
            .error()
            .with_span(document.root().find("id").span());
    }
    parsed->warnings = visitor.take_warnings();
    return parsed;
}

Result<ParsedNetdev> parse_json(std::string_view text, IdCheck id_check) {
    Result<qapi::Document> read = qapi::parse_json(text);
    if (!read) {
        return read.error().hint().empty()
                   ? std::move(read).error().with_hint(
                         R"(a netdev in JSON is one object: {"type":"tap","id":"hn0"})")
                   : std::move(read).error();
    }
    const qapi::Document& document = *read;
    if (document.root().kind() != qapi::ValueKind::object) {
        return Error("a netdev must be a JSON object").with_stage(Stage::parse);
    }
    return read_netdev(document, id_check);
}

Result<ParsedNetdev> read_keyval(const qapi::Document& document, std::string_view text,
                                 IdCheck id_check, qapi::VisitorOptions options = {}) {
    Result<ParsedNetdev> parsed = read_netdev(document, id_check, options);
    std::size_t ids = 0;
    for (std::size_t at = 0; at < text.size(); at = comma_value_end(text, at) + 1) {
        ids += text.substr(at).starts_with("id=") ? 1 : 0;
    }
    if (parsed && ids > 1) {
        parsed->warnings.push_back(repeated_id_warning(ids, parsed->netdev.id));
    }
    return parsed;
}

Result<ParsedNetdev> parse_keyval_netdev(std::string_view text, IdCheck id_check) {
    const Result<qapi::Document> document = parse_keyval(text, kImpliedKey);
    if (!document) {
        Error error = document.error();
        const bool flag = error.hint().empty() &&
                          error.message().find("must be followed by '='") != std::string::npos;
        return flag ? std::move(error).with_hint("write " + document.error().param() + "=on")
                    : error;
    }
    return read_keyval(*document, text, id_check);
}

/// Reads a traditional argument, or as keyval if it has dotted keys and is well-formed as such.
Result<ParsedNetdev> parse_traditional(std::string_view text, TraditionalOptions& options) {
    NET_TRY(check_given_id(options));
    if (!has_foreign_dotted_key(options)) {
        return netdev_from_traditional(options);
    }
    const Result<qapi::Document> document = parse_keyval(text, kImpliedKey);
    if (document) {
        return read_keyval(*document, text, IdCheck::form, {.typed_keys = true});
    }
    Result<ParsedNetdev> parsed = netdev_from_traditional(options);
    if (!parsed && parsed.error().hint().empty() &&
        parsed.error().message().find('.') != std::string::npos) {
        return std::move(parsed).error().with_hint("as nested options they are wrong too: " +
                                                   document.error().message());
    }
    return parsed;
}

/// ipv6-net=PREFIX[/LENGTH] stands for ipv6-prefix and ipv6-prefixlen.
Result<void> rewrite_ipv6_net(TraditionalOptions& options) {
    const std::optional<OptionText> given =
        options.type() == "user" ? options.get("ipv6-net") : std::nullopt;
    if (!given) {
        return {};
    }
    const std::size_t slash = std::min(given->text.find('/'), given->text.size());
    const std::string prefix(given->text.substr(0, slash));
    const std::string length(slash < given->text.size() ? given->text.substr(slash + 1) : "64");
    std::int64_t bits = 0;
    const char* const end = length.data() + length.size();
    const auto [stop, error] = std::from_chars(length.data(), end, bits);
    if (given->text.empty() || error != std::errc() || stop != end || bits < 0) {
        return Error("'ipv6-net' must be PREFIX or PREFIX/LENGTH, not '" +
                     qapi::printable(given->text, 64) + "'")
            .with_stage(Stage::parse)
            .with_param("ipv6-net")
            .with_span(given->span);
    }
    const TextSpan span = given->span;
    options.erase("ipv6-net");
    options.append("ipv6-prefix", prefix, span);
    options.append("ipv6-prefixlen", std::to_string(bits), span);
    return {};
}

}  // namespace

Result<void> check_length(std::string_view text) {
    if (text.size() <= limits::kArgumentBytes) {
        return {};
    }
    return Error("the argument is longer than " + std::to_string(limits::kArgumentBytes) + " bytes")
        .with_stage(Stage::parse);
}

Result<void> check_given_id(const TraditionalOptions& options) {
    const std::optional<OptionText> id = options.get("id");
    if (!id || is_well_formed_id(id->text)) {
        return {};
    }
    return std::move(check_id(id->text)).error().with_span(id->span);
}

Result<ParsedNetdev> netdev_from_traditional(TraditionalOptions& options) {
    NET_TRY(rewrite_ipv6_net(options));
    Result<ParsedNetdev> parsed = read_netdev(options.document(), IdCheck::none);
    if (parsed) {
        std::vector<std::string> warnings = options.take_warnings();
        std::move(parsed->warnings.begin(), parsed->warnings.end(), std::back_inserter(warnings));
        parsed->warnings = std::move(warnings);
    }
    return parsed;
}

Result<ParsedNetdev> parse_netdev(std::string_view text) {
    NET_TRY(check_length(text));
    if (text.substr(0, 1) == "{") {
        return parse_json(text, IdCheck::none);
    }
    bool keyval = false;
    {
        TraditionalOptions options(text, kImpliedKey);
        keyval = is_keyval_type(options);
        if (!keyval) {
            return parse_traditional(text, options);
        }
    }
    return parse_keyval_netdev(text, IdCheck::none);
}

Result<ParsedNetdev> parse_netdev_as(std::string_view text, NetdevLanguage language) {
    NET_TRY(check_length(text));
    switch (language) {
        case NetdevLanguage::json:
            return parse_json(text, IdCheck::form);
        case NetdevLanguage::keyval:
            return parse_keyval_netdev(text, IdCheck::form);
        case NetdevLanguage::traditional:
            break;
    }
    TraditionalOptions options(text, kImpliedKey);
    NET_TRY(check_given_id(options));
    return netdev_from_traditional(options);
}

}  // namespace qnetdev
