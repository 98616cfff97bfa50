// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "qapi/value.h"

namespace qnetdev::qapi {

/// How JSON is laid out.
enum class JsonLayout : std::uint8_t {
    compact,  ///< No spaces; numbers as short as they can be.
    line,     ///< As QMP sends it: ", " and ": ", and real numbers with 17 digits.
    pretty,   ///< The same on many lines, which end in CR LF and are indented by 4 spaces each.
};

/// Appends JSON to a text, one token after the other.
///
/// Output is pure ASCII: other characters become \uXXXX, broken bytes \uFFFD, C0 80 \u0000. The
/// caller keeps to the grammar (keys only in objects, every begin ended); commas come by
/// themselves.
class JsonWriter {
public:
    explicit JsonWriter(JsonLayout layout = JsonLayout::compact) : layout_(layout) {}

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_list() { open('['); }
    void end_list() { close(']'); }
    void key(std::string_view name);
    void string(std::string_view text);
    void boolean(bool value) { raw(value ? "true" : "false"); }
    void number(std::int64_t value) { raw(std::to_string(value)); }
    void number(std::uint64_t value) { raw(std::to_string(value)); }
    /// A text that reads back as the same number; null if it is not finite.
    void real(double value);
    void null() { raw("null"); }
    /// A value that already is JSON, in the layout it has.
    void raw(std::string_view json);
    /// A value of a document. Numbers are written anew; texts of key=value input become strings.
    void value(Value value);

    /// Whether some text was not valid UTF-8 or had a NUL, so that it will not read back the same.
    bool is_lossy() const { return lossy_; }
    const std::string& text() const { return text_; }
    std::string take() { return std::move(text_); }

private:
    void open(char bracket);
    void close(char bracket);
    void separate();
    void break_line();
    void quote(std::string_view text);
    void number(Value value);

    std::string text_ = {};
    std::size_t depth_ = 0;
    JsonLayout layout_;
    bool lossy_ = false;
    bool comma_ = false;  ///< Something precedes the next value in its container.
};

/// A value as compact JSON; texts of key=value input become strings.
std::string to_json(Value value);

}  // namespace qnetdev::qapi
