// SPDX-License-Identifier: MIT
#include "qapi/json_writer.h"

#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "qapi/utf8.h"

namespace qnetdev::qapi {
namespace {

std::uint32_t code_point_at(std::string_view sequence) {
    const auto byte = [sequence](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[i]));
    };
    if (sequence.size() == 1) {
        return byte(0);
    }
    std::uint32_t code_point = byte(0) & (0x7fU >> sequence.size());
    for (std::size_t i = 1; i < sequence.size(); ++i) {
        code_point = code_point << 6U | (byte(i) & 0x3fU);
    }
    return code_point;
}

void append_unit(std::string& text, std::uint32_t unit) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    text += "\\u";
    for (unsigned shift = 16; shift > 0; shift -= 4) {
        text.push_back(kDigits[unit >> (shift - 4) & 0xfU]);
    }
}

}  // namespace

void JsonWriter::separate() {
    if (comma_) {
        text_ += layout_ == JsonLayout::line ? ", " : ",";
    }
    if (layout_ == JsonLayout::pretty && depth_ > 0 && !text_.ends_with(": ")) {
        break_line();
    }
    comma_ = true;
}

void JsonWriter::break_line() {
    text_ += "\r\n";
    text_.append(4 * depth_, ' ');
}

void JsonWriter::open(char bracket) {
    separate();
    text_.push_back(bracket);
    ++depth_;
    comma_ = false;
}

void JsonWriter::close(char bracket) {
    --depth_;
    if (layout_ == JsonLayout::pretty) {
        break_line();
    }
    text_.push_back(bracket);
    comma_ = true;
}

void JsonWriter::key(std::string_view name) {
    separate();
    quote(name);
    text_ += layout_ == JsonLayout::compact ? ":" : ": ";
    comma_ = false;
}

void JsonWriter::string(std::string_view text) {
    separate();
    quote(text);
}

void JsonWriter::raw(std::string_view json) {
    separate();
    text_.append(json);
}

void JsonWriter::real(double value) {
    if (!std::isfinite(value)) {
        return null();
    }
    char digits[32];
    char* const last = digits + sizeof digits;
    const auto end = layout_ == JsonLayout::compact
                         ? std::to_chars(digits, last, value).ptr
                         : std::to_chars(digits, last, value, std::chars_format::general, 17).ptr;
    raw(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

void JsonWriter::quote(std::string_view text) {
    constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t";
    constexpr std::string_view kLetters = "\"\\bfnrt";
    text_.push_back('"');
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        const std::uint32_t c = length == 0 ? 0xfffd : code_point_at(text.substr(0, length));
        const std::size_t special = length == 1 ? kSpecial.find(text.front()) : kSpecial.npos;
        lossy_ |= length == 0 || (length == 1 && c == 0);
        if (special != kSpecial.npos) {
            text_.push_back('\\');
            text_.push_back(kLetters[special]);
        } else if (c >= 0x20 && c < 0x7f) {
            text_.push_back(text.front());
        } else if (c < 0x10000) {
            append_unit(text_, c);
        } else {
            append_unit(text_, 0xd800 + ((c - 0x10000) >> 10U));
            append_unit(text_, 0xdc00 + ((c - 0x10000) & 0x3ffU));
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    text_.push_back('"');
}

void JsonWriter::number(Value value) {
    if (layout_ == JsonLayout::compact) {
        return raw(value.text());
    }
    if (const auto small = value.as_int64()) {
        return number(*small);
    }
    if (const auto large = value.as_uint64()) {
        return number(*large);
    }
    real(value.as_double().value_or(0));
}

// The depth of a document is limited, so recursion is too.
void JsonWriter::value(Value value) {  // NOLINT(misc-no-recursion)
    switch (value.kind()) {
        case ValueKind::object:
            begin_object();
            for (const Value::Entry& entry : value.entries()) {
                key(entry.key);
                this->value(entry.value);
            }
            return end_object();
        case ValueKind::list:
            begin_list();
            for (const Value item : value.items()) {
                this->value(item);
            }
            return end_list();
        case ValueKind::string:
        case ValueKind::text:
            return string(value.text());
        case ValueKind::integer:
        case ValueKind::real:
            return number(value);
        case ValueKind::null:
        case ValueKind::boolean:
            return raw(value.text());
    }
}

std::string to_json(Value value) {
    JsonWriter writer;
    writer.value(value);
    return writer.take();
}

}  // namespace qnetdev::qapi
