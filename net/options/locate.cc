// SPDX-License-Identifier: MIT
#include "net/options/locate.h"

#include <utility>

#include "net/options.h"
#include "net/options/keyval.h"
#include "net/options/netdev_options.h"
#include "qapi/json_reader.h"

namespace qnetdev {
namespace {

/// Longer messages quote nothing that could be looked up.
constexpr std::size_t kMessageBytes = 4096;

using SpansByValue = std::unordered_map<std::string_view, TextSpan>;

/// Where the first value stands that the message has in quotes; they may contain quotes.
std::optional<TextSpan> find_quoted_value(std::string_view message, const SpansByValue& values) {
    message = message.substr(0, kMessageBytes);
    for (std::size_t open = message.find('\''); open != message.npos;
         open = message.find('\'', open + 1)) {
        for (std::size_t close = message.find('\'', open + 1); close != message.npos;
             close = message.find('\'', close + 1)) {
            const auto value = values.find(message.substr(open + 1, close - open - 1));
            if (close > open + 1 && value != values.end()) {
                return value->second;
            }
        }
    }
    return std::nullopt;
}

/// From the key to the end of its value.
TextSpan whole_entry(const qapi::Value::Entry& entry) {
    const TextSpan value = entry.value.span();
    return {entry.key_span.offset, value.offset + value.length - entry.key_span.offset};
}

/// Follows "addr.port" down from an object; the deepest member that exists.
std::optional<TextSpan> find_member(qapi::Value object, std::string_view path) {
    std::optional<TextSpan> found;
    while (!path.empty() && object) {
        const std::size_t dot = path.find('.');
        const std::string_view name = path.substr(0, dot);
        qapi::Value next;
        for (const qapi::Value::Entry& entry : object.entries()) {
            if (entry.key == name) {
                found = whole_entry(entry);
                next = entry.value;
            }
        }
        object = next;
        path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    }
    return found;
}

}  // namespace

OptionLocator::OptionLocator(std::string_view text) {
    const NetdevLanguage language = netdev_language(text);
    if (language == NetdevLanguage::traditional) {
        options_.emplace(text, kImpliedKey);
    } else {
        Result<qapi::Document> parsed = language == NetdevLanguage::json
                                            ? qapi::parse_json(text)
                                            : parse_keyval(text, kImpliedKey);
        if (parsed) {
            document_ = *std::move(parsed);
        }
    }
}

const qapi::Document* OptionLocator::document() const {
    return options_ ? &options_->document() : document_ ? &*document_ : nullptr;
}

OptionLocator::Places OptionLocator::look_up(std::string_view param) const {
    Places places;
    if (document() == nullptr) {
        return places;
    }
    places.whole = find_member(document()->root(), param);
    for (const qapi::Value::Entry& entry : document()->root().entries()) {
        if (entry.key != param) {
            continue;
        }
        if (options_) {
            places.values.insert_or_assign(entry.value.text(), whole_entry(entry));
        }
        for (const qapi::Value item : entry.value.items()) {
            for (const qapi::Value::Entry& member : item.entries()) {
                places.values.insert_or_assign(member.value.text(), member.value.span());
            }
        }
    }
    return places;
}

std::optional<TextSpan> OptionLocator::find(std::string_view param, std::string_view message) {
    auto found = places_.find(std::string(param));
    if (found == places_.end()) {
        found = places_.emplace(param, look_up(param)).first;
    }
    const std::optional<TextSpan> quoted = find_quoted_value(message, found->second.values);
    return quoted ? quoted : found->second.whole;
}

std::optional<TextSpan> OptionLocator::find_quoted(std::string_view message) const {
    SpansByValue values;
    if (document() != nullptr) {
        for (const qapi::Value::Entry& entry : document()->root().entries()) {
            const qapi::ValueKind kind = entry.value.kind();
            const bool is_text = kind == qapi::ValueKind::string || kind == qapi::ValueKind::text;
            if (is_text && entry.key != kImpliedKey) {
                values.insert_or_assign(entry.value.text(), whole_entry(entry));
            }
        }
    }
    return find_quoted_value(message, values);
}

std::optional<TextSpan> locate_option(std::string_view text, std::string_view param) {
    return OptionLocator(text).find(param, {});
}

}  // namespace qnetdev
