// SPDX-License-Identifier: MIT
#include "qapi/value.h"

#include <charconv>
#include <cstring>
#include <limits>

namespace qnetdev::qapi {

Document::Index Document::push(Tag kind, qnetdev::TextSpan span) {
    Node node;
    node.offset = static_cast<std::uint32_t>(span.offset);
    node.length = static_cast<std::uint32_t>(span.length) & 0x7ffffffU;
    node.kind = kind;
    nodes_.push_back(node);
    return static_cast<Index>(nodes_.size() - 1);
}

Document::Index Document::add(ValueKind kind, qnetdev::TextSpan span) {
    return push(static_cast<Tag>(kind), span);
}

Document::Index Document::add_key(qnetdev::TextSpan span) {
    return push(Tag::key, span);
}

Document::Index Document::add_flag(qnetdev::TextSpan span, bool on) {
    return push(on ? Tag::flag_on : Tag::flag_off, span);
}

void Document::set_span(Index value, qnetdev::TextSpan span) {
    nodes_[value].offset = static_cast<std::uint32_t>(span.offset);
    nodes_[value].length = static_cast<std::uint32_t>(span.length) & 0x7ffffffU;
    nodes_[value].pooled = false;
}

void Document::set_text(Index value, std::string_view text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    char prefix[sizeof length];
    std::memcpy(prefix, &length, sizeof length);
    nodes_[value].link = static_cast<std::uint32_t>(pool_.size());
    nodes_[value].pooled = true;
    pool_.append(prefix, sizeof prefix).append(text);
}

ValueKind Document::kind(Index value) const {
    const Tag tag = nodes_[value].kind;
    // A flag asked for its value; keys are never asked.
    return tag >= Tag::key ? ValueKind::text : static_cast<ValueKind>(tag);
}

std::string_view Document::value_text(Index value) const {
    const Tag tag = nodes_[value].kind;
    if (tag == Tag::flag_on || tag == Tag::flag_off) {
        return tag == Tag::flag_on ? "on" : "off";
    }
    return text(value);
}

ValueKind Value::kind() const {
    return document_->kind(index_);
}

qnetdev::TextSpan Value::span() const {
    return document_->span(index_);
}

std::string_view Value::text() const {
    return document_->value_text(index_);
}

std::optional<std::int64_t> Value::as_int64() const {
    const std::string_view digits = text();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
    const bool whole = kind() == ValueKind::integer && error == std::errc() && end == digits.end();
    return whole ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> Value::as_uint64() const {
    const std::string_view digits = text();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
    const bool whole = kind() == ValueKind::integer && error == std::errc() && end == digits.end();
    return whole ? std::optional(number) : std::nullopt;
}

std::optional<double> Value::as_double() const {
    if (kind() != ValueKind::integer && kind() != ValueKind::real) {
        return std::nullopt;
    }
    const std::string_view digits = text();
    double number = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
    if (error != std::errc::result_out_of_range) {
        return number;
    }
    // from_chars does not say on which side; a negative exponent means too small.
    const bool tiny = digits.find("e-") != digits.npos || digits.find("E-") != digits.npos;
    const double limit = tiny ? 0 : std::numeric_limits<double>::infinity();
    return digits.front() == '-' ? -limit : limit;
}

Value::Range<Value> Value::items() const {
    return {document_, kind() == ValueKind::list ? document_->first_child(index_) : 0};
}

Value::Range<Value::Entry> Value::entries() const {
    return {document_, kind() == ValueKind::object ? document_->first_child(index_) : 0};
}

Value Value::find(std::string_view key) const {
    Value found;
    for (const Entry& entry : entries()) {
        if (entry.key == key) {
            found = entry.value;
        }
    }
    return found;
}

}  // namespace qnetdev::qapi
