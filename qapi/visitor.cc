// SPDX-License-Identifier: MIT
#include "qapi/visitor.h"

#include <algorithm>

#include "qapi/scalars.h"
#include "qapi/suggest.h"
#include "qapi/utf8.h"

namespace qnetdev::qapi {
namespace {

/// Unknown members that one message lists.
constexpr std::size_t kListedKeys = 8;

/// Deprecated members that are warned about.
constexpr std::size_t kWarnings = 8;

constexpr std::string_view kSizeHint =
    "QEMU's size suffixes are b, k, M, G, T, P and E, for powers of 1024";

/// 'a', 'b' or 'c'.
std::string alternatives(std::span<const std::string_view> names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += i == 0 ? "'" : i + 1 == names.size() ? " or '" : ", '";
        text += std::string(names[i]) + "'";
    }
    return text;
}

/// What the writer of a refused boolean most likely meant.
std::string bool_hint(std::string_view text) {
    constexpr std::array<std::string_view, 12> kWords = {
        "on", "yes", "true", "y", "1", "enable", "off", "no", "false", "n", "0", "disable"};
    std::string lower(text.substr(0, 16));
    for (char& c : lower) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
    lower.erase(lower.find_last_not_of(" d") + 1);
    const auto* const found = std::find(kWords.begin(), kWords.end(), lower);
    if (found == kWords.end()) {
        return {};
    }
    return did_you_mean(found - kWords.begin() < 6 ? "on" : "off");
}

/// A bit for each length that occurs, to skip most unknown keys without a comparison.
std::uint64_t length_mask(std::span<const std::string_view> names) {
    std::uint64_t mask = 0;
    for (const std::string_view name : names) {
        mask |= std::uint64_t{1} << std::min<std::size_t>(name.size(), 63);
    }
    return mask;
}

std::string number_name(bool is_signed, int bits) {
    return std::string(is_signed ? "a signed " : "an unsigned ") + std::to_string(bits) +
           "-bit number";
}

}  // namespace

bool VisitorBase::fail(std::string message, std::string param, std::string hint,
                       std::optional<qnetdev::TextSpan> span) {
    qnetdev::Error error = qnetdev::Error(std::move(message))
                               .with_stage(qnetdev::Stage::parse)
                               .with_param(std::move(param))
                               .with_hint(std::move(hint));
    error_ = span ? std::move(error).with_span(*span) : std::move(error);
    return false;
}

std::string VisitorBase::path_text(const Path& path) const {
    if (path.parent == nullptr) {
        return {};
    }
    std::string text = path_text(*path.parent);
    if (path.index == Path::kNoIndex) {
        return text + (text.empty() ? "" : ".") + std::string(path.name);
    }
    const std::string index = std::to_string(path.index);
    return text + (document_.grammar() == Grammar::json ? "[" + index + "]" : "." + index);
}

/// The first key that was typed below a nested value.
std::string VisitorBase::typed_key(std::string path, Value value) const {
    while (value.kind() == ValueKind::object || value.kind() == ValueKind::list) {
        if (value.kind() == ValueKind::object) {
            const Value::Entry entry = *value.entries().begin();
            path += "." + std::string(entry.key);
            value = entry.value;
        } else {
            path += ".0";
            value = *value.items().begin();
        }
    }
    return path;
}

std::string VisitorBase::describe(Value value) const {
    std::string text = printable(value.text(), 64);
    switch (value.kind()) {
        case ValueKind::null:
        case ValueKind::boolean:
            return text;
        case ValueKind::integer:
        case ValueKind::real:
            return "the number " + text;
        case ValueKind::string:
            return "the string '" + text + "'";
        case ValueKind::text:
            return "'" + text + "'";
        case ValueKind::list:
            return "a list";
        case ValueKind::object:
            return "an object";
    }
    return text;
}

bool VisitorBase::fail_missing(const Path& path) {
    const std::string name = path_text(path);
    return fail("'" + name + "' is missing", name, {}, std::nullopt);
}

void VisitorBase::explain_missing(Value object, const Known& known, const Path& path) {
    for (const Value::Entry& entry : object.entries()) {
        if (error_->hint().empty() && !is_known(entry.key, known) &&
            !nearest(entry.key, std::span(&path.name, 1)).empty()) {
            const std::string given = path_text(Path{path.parent, entry.key});
            error_ = std::move(*error_)
                         .with_hint("'" + printable(given, 256) +
                                    "' is not known: " + did_you_mean(path_text(path)))
                         .with_span(entry.key_span);
        }
    }
}

void VisitorBase::warn_deprecated(const DeprecatedMember& member, const Path& parent) {
    if (warnings_.size() == kWarnings) {
        return;
    }
    std::string text = "'" + path_text(Path{&parent, member.name}) + "' is deprecated";
    if (!member.advice.empty()) {
        text.append(": ").append(member.advice);
    }
    warnings_.push_back(std::move(text));
}

bool VisitorBase::fail_nested(const Path& path, std::string_view tag) {
    return fail("'" + path_text(path) + "' has options of its own, which cannot be written here",
                std::string(tag), "give it with -netdev", std::nullopt);
}

bool VisitorBase::fail_type(Value value, const Path& path, std::string_view expected,
                            std::string hint) {
    const std::string name = path_text(path);
    const bool nested = value.kind() == ValueKind::object || value.kind() == ValueKind::list;
    if (nested && document_.grammar() == Grammar::keyval) {
        const bool wrong_shape = expected == "an object" || expected == "a list";
        const std::string key = options_.typed_keys ? typed_key(name, value)
                                : wrong_shape       ? name
                                                    : name + ".*";
        return fail("'" + name + "' must be " + std::string(expected) +
                        " and has no options of its own, such as '" + typed_key(name, value) + "'",
                    key, std::move(hint), value.span());
    }
    const std::string subject = name.empty() ? "the value" : "'" + printable(name, 256) + "'";
    return fail(subject + " must be " + std::string(expected) + ", not " + describe(value), name,
                std::move(hint), value.span());
}

std::string VisitorBase::one_of(std::initializer_list<std::string_view> kinds) {
    std::string text;
    std::size_t left = kinds.size();
    for (const std::string_view kind : kinds) {
        text += text.empty() ? "" : left == 1 ? " or " : ", ";
        text += kind;
        --left;
    }
    return text;
}

bool VisitorBase::fail_enum(Value value, std::span<const std::string_view> names,
                            const Path& path) {
    if (names.empty()) {
        return fail_type(value, path, "left out: this build has no value for it");
    }
    std::string hint = did_you_mean(nearest(value.text(), names));
    if (names.size() <= 6) {
        return fail_type(value, path, alternatives(names), std::move(hint));
    }
    const std::string name = path_text(path);
    return fail("'" + name + "' has no value '" + printable(value.text(), 64) + "'", name,
                std::move(hint), value.span());
}

bool VisitorBase::read_string(Value value, std::string& out, const Path& path) {
    const ValueKind kind = value.kind();
    if (kind != ValueKind::text && kind != ValueKind::string) {
        const bool scalar =
            kind == ValueKind::integer || kind == ValueKind::real || kind == ValueKind::boolean;
        return fail_type(value, path,
                         kind == ValueKind::object && document_.grammar() == Grammar::keyval
                             ? "a text"
                             : "a string",
                         scalar ? "put it in quotes" : "");
    }
    out = value.text();
    return true;
}

bool VisitorBase::read_bool(Value value, bool& out, const Path& path) {
    if (value.kind() == ValueKind::boolean) {
        out = value.boolean();
        return true;
    }
    if (document_.grammar() == Grammar::json) {
        const std::optional<bool> meant = parse_bool(value.text());
        const bool text = value.kind() == ValueKind::string && meant;
        const std::string word = meant.value_or(false) ? "true" : "false";
        return fail_type(value, path, "true or false",
                         text ? "write " + word + " without quotes" : "");
    }
    const std::optional<bool> given =
        value.kind() == ValueKind::text ? parse_bool(value.text()) : std::nullopt;
    if (!given) {
        return fail_type(value, path, "'on' or 'off'", bool_hint(value.text()));
    }
    out = *given;
    return true;
}

bool VisitorBase::read_signed(Value value, std::int64_t& out, int bits, const Path& path) {
    std::optional<std::int64_t> given =
        value.kind() == ValueKind::text ? parse_signed(value.text()) : value.as_int64();
    if (given && bits < 64) {
        const std::int64_t limit = std::int64_t{1} << (bits - 1);
        given = *given < -limit || *given >= limit ? std::nullopt : given;
    }
    if (!given) {
        const bool quoted = value.kind() == ValueKind::string && parse_signed(value.text());
        return fail_type(value, path, number_name(true, bits),
                         quoted ? "write the number without quotes" : "");
    }
    out = *given;
    return true;
}

bool VisitorBase::read_unsigned(Value value, std::uint64_t& out, int bits, const Path& path) {
    std::optional<std::uint64_t> given;
    if (value.kind() == ValueKind::text) {
        given = parse_unsigned(value.text(), document_.grammar() == Grammar::keyval
                                                 ? Negative::wraps
                                                 : Negative::refused);
    } else if (const std::optional<std::int64_t> narrow = value.as_int64()) {
        given = static_cast<std::uint64_t>(*narrow);
    } else {
        given = value.as_uint64();
    }
    if (given && bits < 64 && *given >> bits != 0) {
        given = std::nullopt;
    }
    if (!given) {
        const bool quoted =
            value.kind() == ValueKind::string && parse_unsigned(value.text(), Negative::refused);
        return fail_type(value, path, number_name(false, bits),
                         quoted ? "write the number without quotes" : "");
    }
    out = *given;
    return true;
}

bool VisitorBase::read_size(Value value, std::uint64_t& out, const Path& path) {
    if (document_.grammar() == Grammar::json) {
        if (value.kind() == ValueKind::string) {
            const std::optional<std::uint64_t> meant = parse_size(value.text());
            return fail_type(value, path, "a number of bytes",
                             meant ? "JSON has no size suffixes: write " + std::to_string(*meant) +
                                         " without quotes"
                                   : "");
        }
        // A negative number wraps, as it always has.
        return value.as_int64() || value.as_uint64() ? read_unsigned(value, out, 64, path)
                                                     : fail_type(value, path, "a number of bytes");
    }
    const std::optional<std::uint64_t> given =
        value.kind() == ValueKind::text ? parse_size(value.text()) : std::nullopt;
    if (!given) {
        return fail_type(value, path, "a size such as 512 or 1.5M", std::string(kSizeHint));
    }
    out = *given;
    return true;
}

bool VisitorBase::read_real(Value value, double& out, const Path& path) {
    const std::optional<double> given =
        value.kind() == ValueKind::text ? parse_real(value.text()) : value.as_double();
    if (!given) {
        return fail_type(value, path, "a number");
    }
    out = *given;
    return true;
}

bool VisitorBase::read_null(Value value, const Path& path) {
    const bool good = value.kind() == ValueKind::null ||
                      (value.kind() == ValueKind::text && value.text().empty());
    return good || fail_type(value, path, "null");
}

bool VisitorBase::read_enum(Value value, std::size_t& out, std::span<const std::string_view> names,
                            const Path& path) {
    if (value.kind() != ValueKind::text && value.kind() != ValueKind::string) {
        return fail_type(value, path, "a string");
    }
    const auto found = std::find(names.begin(), names.end(), value.text());
    if (found == names.end()) {
        return fail_enum(value, names, path);
    }
    out = static_cast<std::size_t>(found - names.begin());
    return true;
}

bool VisitorBase::expect_object(Value value, const Path& path, std::string_view only) {
    if (value.kind() == ValueKind::object) {
        return true;
    }
    if (value.kind() == ValueKind::text) {
        const std::string name = path_text(path);
        return fail("'" + name + "' takes options of its own ('" + name +
                        ".…=…'), not the value '" + printable(value.text(), 64) + "'",
                    name, {}, value.span());
    }
    const bool wraps = value.kind() == ValueKind::string && !only.empty();
    return fail_type(
        value, path, "an object",
        wraps ? "write {\"" + std::string(only) + "\": \"" + printable(value.text(), 64) + "\"}"
              : "");
}

bool VisitorBase::expect_list(Value value, const Path& path) {
    if (value.kind() == ValueKind::list) {
        return true;
    }
    const std::string name = path_text(path);
    const bool keyval = document_.grammar() == Grammar::keyval;
    return fail_type(value, path, "a list",
                     keyval ? "number its elements, as in '" + name + ".0.…=…'" : "");
}

void VisitorBase::find_members(Value object, std::span<const std::string_view> names,
                               std::span<Value> slots, Known& known) {
    const std::uint64_t lengths = length_mask(names);
    for (const Value::Entry& entry : object.entries()) {
        if ((lengths >> std::min<std::size_t>(entry.key.size(), 63) & 1U) == 0) {
            continue;
        }
        const auto found = std::find(names.begin(), names.end(), entry.key);
        if (found != names.end()) {
            slots[static_cast<std::size_t>(found - names.begin())] = entry.value;
            ++known.hits;
        }
    }
    if (known.count < known.lists.size()) {
        known.lists[known.count++] = names;
    }
}

bool VisitorBase::expect_only(Value object, const Known& known, const Path& path) {
    std::size_t entries = 0;
    for ([[maybe_unused]] const Value::Entry& entry : object.entries()) {
        ++entries;
    }
    if (entries == known.hits) {
        return true;
    }
    std::vector<Value::Entry> unknown;
    for (const Value::Entry& entry : object.entries()) {
        const bool listed =
            std::any_of(unknown.begin(), unknown.end(),
                        [&entry](const auto& other) { return other.key == entry.key; });
        if (!listed && !is_known(entry.key, known)) {
            unknown.push_back(entry);
            if (unknown.size() > kListedKeys) {
                break;
            }
        }
    }
    return unknown.empty() || fail_unknown(unknown, known, path);
}

bool VisitorBase::is_known(std::string_view key, const Known& known) {
    const auto lists = std::span(known.lists).first(known.count);
    return std::any_of(lists.begin(), lists.end(), [key](auto names) {
        return std::find(names.begin(), names.end(), key) != names.end();
    });
}

bool VisitorBase::fail_unknown(std::span<const Value::Entry> unknown, const Known& known,
                               const Path& path) {
    const Value::Entry& first = unknown.front();
    const bool several = unknown.size() > 1;
    std::string message;
    for (std::size_t i = 0; i < std::min(unknown.size(), kListedKeys); ++i) {
        message += i == 0 ? "" : i + 1 == unknown.size() ? " and " : ", ";
        message += "'" + printable(member_name(unknown[i], path), 256) + "'";
    }
    message += unknown.size() > kListedKeys ? " and others are " : several ? " are " : " is ";
    message += known.tag.empty()
                   ? std::string("not known here")
                   : (several ? "not options of " : "not an option of ") + std::string(known.tag);
    std::vector<std::string_view> names;
    for (const auto list : std::span(known.lists).first(known.count)) {
        names.insert(names.end(), list.begin(), list.end());
    }
    const std::string_view near = nearest(first.key, names);
    std::string hint = near.empty() ? "" : did_you_mean(path_text(Path{&path, near}));
    return fail(std::move(message), several ? "" : member_name(first, path), std::move(hint),
                first.key_span);
}

/// The full path of a member, as it was typed if that is wanted.
std::string VisitorBase::member_name(const Value::Entry& entry, const Path& path) const {
    std::string name = path_text(Path{&path, entry.key});
    return options_.typed_keys ? typed_key(std::move(name), entry.value) : name;
}

}  // namespace qnetdev::qapi
