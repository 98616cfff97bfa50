// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "qapi/json_reader.h"
#include "qapi/json_writer.h"

/// nlohmann_json as the oracle of our reader and writer of JSON: on the text of RFC 8259 both must
/// agree. Where they do not, and why:
///
/// - Our dialect has strings in single quotes and the escape \'.
/// - We refuse duplicate keys, noncharacters, a byte order mark, and what is beyond the limits.
/// - We keep integers of any size. Beyond 64 bits nlohmann_json makes them floating-point numbers.
/// - We read numbers beyond the range of double as infinite, which nlohmann_json refuses.
/// - We take C0 80 for U+0000, and hold U+0000 as that. A NUL is the end to nlohmann_json.
namespace json_oracle {

using Json = nlohmann::ordered_json;

inline bool has_noncharacter(std::string_view text) {
    for (std::size_t at = 0; at + 2 < text.size(); ++at) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
        const bool last_two = byte(1) == 0xbf && (byte(2) == 0xbe || byte(2) == 0xbf);
        if (byte(0) == 0xef &&
            ((byte(1) == 0xb7 && byte(2) >= 0x90 && byte(2) <= 0xaf) || last_two)) {
            return true;
        }
        // U+nFFFE and U+nFFFF are F0..F4, xF, BF, BE or BF.
        if (byte(0) >= 0xf0 && (byte(1) & 0xfU) == 0xf && byte(2) == 0xbf && at + 3 < text.size() &&
            byte(3) >= 0xbe) {
            return true;
        }
    }
    return false;
}

inline std::string decoded(std::string_view text) {
    std::string out(text);
    for (std::size_t at = 0; (at = out.find("\xc0\x80", at)) != out.npos; ++at) {
        out.replace(at, 2, 1, '\0');
    }
    return out;
}

inline bool same_number(qnetdev::qapi::Value ours, const Json& theirs) {
    if (theirs.is_number_unsigned()) {
        return ours.as_uint64() == theirs.get<std::uint64_t>();
    }
    if (theirs.is_number_integer()) {
        return ours.as_int64() == theirs.get<std::int64_t>();
    }
    return theirs.is_number_float() && !ours.as_int64() && !ours.as_uint64() &&
           ours.as_double() == theirs.get<double>();
}

// Both have limited the depth.
inline bool same(qnetdev::qapi::Value ours, const Json& theirs) {  // NOLINT(misc-no-recursion)
    switch (ours.kind()) {
        case qnetdev::qapi::ValueKind::null:
            return theirs.is_null();
        case qnetdev::qapi::ValueKind::boolean:
            return theirs.is_boolean() && theirs.get<bool>() == ours.boolean();
        case qnetdev::qapi::ValueKind::integer:
        case qnetdev::qapi::ValueKind::real:
            return same_number(ours, theirs);
        case qnetdev::qapi::ValueKind::string:
            return theirs.is_string() &&
                   theirs.get_ref<const std::string&>() == decoded(ours.text());
        case qnetdev::qapi::ValueKind::text:
            return false;
        case qnetdev::qapi::ValueKind::list: {
            auto item = theirs.begin();
            for (const qnetdev::qapi::Value element : ours.items()) {
                if (!theirs.is_array() || item == theirs.end() || !same(element, *item++)) {
                    return false;
                }
            }
            return theirs.is_array() && item == theirs.end();
        }
        case qnetdev::qapi::ValueKind::object: {
            auto item = theirs.begin();
            for (const qnetdev::qapi::Value::Entry& entry : ours.entries()) {
                if (!theirs.is_object() || item == theirs.end() ||
                    item.key() != decoded(entry.key) || !same(entry.value, *item++)) {
                    return false;
                }
            }
            return theirs.is_object() && item == theirs.end();
        }
    }
    return false;
}

/// Whether a refusal of ours is one of those that are known.
inline bool refuses_knowingly(const qnetdev::Error& error, std::string_view text,
                              const Json& theirs) {
    const auto says = [&error](std::string_view part) {
        return error.message().find(part) != std::string::npos;
    };
    return says("stands here a second time") || says("nested deeper than") || says("tokens") ||
           text.starts_with("\xef\xbb\xbf") || text.find('\0') != text.npos ||
           has_noncharacter(theirs.dump());
}

/// Whether what we accept is beyond RFC 8259 or nlohmann_json, in one of the ways that are known.
inline bool accepts_knowingly(std::string_view text) {
    if (text.find('\'') != text.npos || text.find("\xc0\x80") != text.npos) {
        return true;
    }
    // The only error that is none of the grammar: a number out of range.
    struct OutOfRange : nlohmann::json_sax<Json> {
        bool found = false;
        bool null() override { return true; }
        bool boolean(bool) override { return true; }
        bool number_integer(number_integer_t) override { return true; }
        bool number_unsigned(number_unsigned_t) override { return true; }
        bool number_float(number_float_t, const string_t&) override { return true; }
        bool string(string_t&) override { return true; }
        bool binary(binary_t&) override { return true; }
        bool start_object(std::size_t) override { return true; }
        bool key(string_t&) override { return true; }
        bool end_object() override { return true; }
        bool start_array(std::size_t) override { return true; }
        bool end_array() override { return true; }
        bool parse_error(std::size_t, const std::string&,
                         const nlohmann::detail::exception& error) override {
            found = error.id == 406;
            return false;
        }
    } sax;
    (void)Json::sax_parse(text, &sax);
    return sax.found;
}

/// What the two disagree about, other than the known differences; empty if about nothing.
inline std::string disagreement(std::string_view text) {
    const qnetdev::Result<qnetdev::qapi::Document> ours = qnetdev::qapi::parse_json(text);
    const Json theirs = Json::parse(text, nullptr, false);
    if (!ours) {
        return theirs.is_discarded() || refuses_knowingly(ours.error(), text, theirs)
                   ? ""
                   : "refused: " + ours.error().message();
    }
    if (theirs.is_discarded()) {
        return accepts_knowingly(text) ? "" : "accepted";
    }
    if (!same(ours->root(), theirs)) {
        return "read as " + qnetdev::qapi::to_json(ours->root());
    }
    if (Json::parse(qnetdev::qapi::to_json(ours->root()), nullptr, false) != theirs) {
        return "written as " + qnetdev::qapi::to_json(ours->root());
    }
    return "";
}

}  // namespace json_oracle
