// SPDX-License-Identifier: MIT
#include "qapi/json_reader.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "net/base/limits.h"
#include "qapi/json_lexer.h"
#include "qapi/utf8.h"

namespace qnetdev::qapi {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Value of a hexadecimal digit, 16 if it is none.
std::uint32_t hex_digit(char c) {
    if (is_digit(c)) {
        return static_cast<std::uint32_t>(c - '0');
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a' + 10) : 16;
}

/// So many keys of an object are compared with one another.
constexpr std::size_t kFewKeys = 10;

constexpr std::string_view kQuotesHint =
    "a shell takes the quotes away unless the whole is in single quotes";

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// One read: a stack of open containers instead of recursion. Members return false after fail().
class JsonReader {
public:
    explicit JsonReader(std::string_view text) : text_(text), document_(Grammar::json, text) {}

    qnetdev::Result<Document> read();

private:
    /// A container that is being filled.
    struct Open {
        Document::Index container;
        Document::Index last_child;
        std::size_t count;
        bool object;
    };

    bool read_all();
    bool step();
    bool read_member();
    bool read_value();
    bool read_number();
    bool read_word();
    bool read_string(Document::Index index);
    bool decode(std::string_view raw, std::size_t offset, std::string& decoded);
    bool decode_unicode(std::string_view raw, std::size_t& at, std::size_t offset,
                        std::string& decoded);
    bool open(ValueKind kind);
    bool close();
    bool check_duplicates(const Open& object);
    bool check_few_duplicates(const Open& object);
    bool fail_repeated(Document::Index repeated);
    void adopt(Document::Index child);

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool count_token();
    void skip_space();
    bool skip_token();
    bool check_utf8(std::size_t at, std::size_t end);
    bool fail(std::string message, std::size_t offset, std::size_t length = 1);
    bool fail_here(std::string_view expected, std::string_view hint = {});

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t tokens_ = 0;
    Document document_;
    std::vector<Open> stack_ = {};
    std::optional<qnetdev::Error> error_ = {};
};

bool JsonReader::fail(std::string message, std::size_t offset, std::size_t length) {
    const std::size_t end = std::min(offset + length, text_.size());
    error_ = qnetdev::Error("invalid JSON at column " + std::to_string(offset + 1) + ": " +
                            std::move(message))
                 .with_stage(qnetdev::Stage::parse)
                 .with_span({offset, end - std::min(offset, end)});
    return false;
}

bool JsonReader::fail_here(std::string_view expected, std::string_view hint) {
    if (at_ < text_.size()) {
        const std::size_t length = std::max<std::size_t>(1, utf8_sequence(text_.substr(at_)));
        fail("expected " + std::string(expected) + ", not '" +
                 printable(text_.substr(at_, length)) + "'",
             at_, length);
        error_ = std::move(*error_).with_hint(std::string(hint));
        return false;
    }
    std::string message = "the text ends where " + std::string(expected) + " should stand";
    if (!stack_.empty()) {
        const std::size_t start = document_.span(stack_.back().container).offset;
        message += std::string(", before the '") + text_[start] + "' of column " +
                   std::to_string(start + 1) + " is closed";
    }
    return fail(std::move(message), at_);
}

void JsonReader::skip_space() {
    while (at_ < text_.size() && is_json_space(static_cast<unsigned char>(text_[at_]))) {
        ++at_;
    }
}

bool JsonReader::count_token() {
    if (++tokens_ > qnetdev::limits::kJsonTokens) {
        return fail("more than " + std::to_string(qnetdev::limits::kJsonTokens) + " tokens", at_);
    }
    return true;
}

void JsonReader::adopt(Document::Index child) {
    Open& parent = stack_.back();
    if (parent.last_child == 0) {
        document_.set_first_child(parent.container, child);
    } else {
        document_.link(parent.last_child, child);
    }
    parent.last_child = child;
    ++parent.count;
}

qnetdev::Result<Document> JsonReader::read() {
    if (text_.size() > qnetdev::limits::kArgumentBytes) {
        return qnetdev::Error("the JSON text is longer than " +
                              std::to_string(qnetdev::limits::kArgumentBytes) + " bytes")
            .with_stage(qnetdev::Stage::parse);
    }
    // Each value stands behind one of these, or is the first.
    const auto values = 1 + std::count_if(text_.begin(), text_.end(), [](char c) {
                            return c == ',' || c == ':' || c == '[' || c == '{';
                        });
    // A container needs a byte to open and one to close it.
    document_.reserve(std::min(
        {static_cast<std::size_t>(values), text_.size() / 2 + 1, qnetdev::limits::kJsonTokens}));
    if (!read_all()) {
        return *std::move(error_);
    }
    return std::move(document_);
}

bool JsonReader::read_all() {
    skip_space();
    if (!read_value()) {
        return false;
    }
    while (!stack_.empty()) {
        if (!step()) {
            return false;
        }
    }
    skip_space();
    return at_ == text_.size() || fail_here("nothing behind the value");
}

/// Reads the next child of the innermost open container, or its end.
bool JsonReader::step() {
    const Open& top = stack_.back();
    const char end = top.object ? '}' : ']';
    skip_space();
    if (peek() == end) {
        return close();
    }
    if (top.count > 0) {
        if (peek() != ',') {
            return fail_here(top.object ? "',' or '}'" : "',' or ']'");
        }
        ++at_;
        if (!count_token()) {
            return false;
        }
        skip_space();
        if (peek() == end) {
            return fail_here(top.object ? "a key in quotes" : "a value", "drop the ',' before it");
        }
    }
    if (top.object) {
        return read_member();
    }
    // Adopted first, because a container is on top of the stack once it is read.
    adopt(static_cast<Document::Index>(document_.size()));
    return read_value();
}

bool JsonReader::read_member() {
    if (peek() != '"' && peek() != '\'') {
        return fail_here("a key in quotes", is_letter(peek()) ? kQuotesHint : "");
    }
    const Document::Index key = document_.add_key({at_, 0});
    adopt(key);
    if (!count_token() || !read_string(key)) {
        return false;
    }
    skip_space();
    if (peek() != ':') {
        return fail_here("':'");
    }
    ++at_;
    if (!count_token()) {
        return false;
    }
    skip_space();
    return read_value();
}

bool JsonReader::read_value() {
    if (!count_token()) {
        return false;
    }
    const char c = peek();
    if (c == '{' || c == '[') {
        return open(c == '{' ? ValueKind::object : ValueKind::list);
    }
    if (c == '"' || c == '\'') {
        return read_string(document_.add(ValueKind::string, {at_, 0}));
    }
    if (c == '-' || is_digit(c)) {
        return read_number();
    }
    if (c >= 'a' && c <= 'z') {
        return read_word();
    }
    return fail_here("a value");
}

bool JsonReader::open(ValueKind kind) {
    if (stack_.size() == qnetdev::limits::kJsonDepth) {
        return fail("nested deeper than " + std::to_string(qnetdev::limits::kJsonDepth) + " levels",
                    at_);
    }
    stack_.push_back({document_.add(kind, {at_, 1}), 0, 0, kind == ValueKind::object});
    ++at_;
    return true;
}

bool JsonReader::close() {
    const Open done = stack_.back();
    if (!count_token() || (done.object && !check_duplicates(done))) {
        return false;
    }
    stack_.pop_back();
    ++at_;
    const std::size_t start = document_.span(done.container).offset;
    document_.set_span(done.container, {start, at_ - start});
    return true;
}

bool JsonReader::check_duplicates(const Open& object) {
    if (object.count <= kFewKeys) {
        return check_few_duplicates(object);
    }
    // Sorted by hash first: quick for honest keys, and never quadratic for others.
    using Hashed = std::pair<std::size_t, Document::Index>;
    std::vector<Hashed> keys;
    keys.reserve(object.count);
    for (auto key = document_.first_child(object.container); key != 0; key = document_.next(key)) {
        keys.emplace_back(std::hash<std::string_view>()(document_.text(key)), key);
    }
    std::sort(keys.begin(), keys.end(), [this](const Hashed& a, const Hashed& b) {
        if (a.first != b.first) {
            return a.first < b.first;
        }
        const int order = document_.text(a.second).compare(document_.text(b.second));
        return order != 0 ? order < 0 : a.second < b.second;
    });
    Document::Index repeated = 0;
    for (std::size_t i = 1; i < keys.size(); ++i) {
        if (keys[i - 1].first == keys[i].first &&
            document_.text(keys[i - 1].second) == document_.text(keys[i].second) &&
            (repeated == 0 || keys[i].second < repeated)) {
            repeated = keys[i].second;
        }
    }
    return repeated == 0 || fail_repeated(repeated);
}

/// The same without memory: each key against those before it.
bool JsonReader::check_few_duplicates(const Open& object) {
    std::array<std::string_view, kFewKeys> before;
    auto* end = before.begin();
    for (auto key = document_.first_child(object.container); key != 0; key = document_.next(key)) {
        const std::string_view text = document_.text(key);
        if (std::find(before.begin(), end, text) != end) {
            return fail_repeated(key);
        }
        *end++ = text;
    }
    return true;
}

bool JsonReader::fail_repeated(Document::Index repeated) {
    const qnetdev::TextSpan span = document_.span(repeated);
    return fail("the key '" + printable(document_.text(repeated)) + "' stands here a second time",
                span.offset, span.length);
}

/// Goes behind the token that starts here. Returns false, at the byte at fault or at the end of the
/// text, if it is none.
bool JsonReader::skip_token() {
    using Step = JsonLexer::Step;
    JsonLexer lexer;
    while (true) {
        at_ += lexer.plain_length(text_.substr(at_));
        if (at_ == text_.size()) {
            return lexer.may_end();
        }
        const Step step = lexer.step(static_cast<unsigned char>(text_[at_]));
        if (step == Step::broken || step == Step::token_ended_before) {
            return step == Step::token_ended_before;
        }
        // An escape that is none is reported by decode().
        ++at_;
        if (step == Step::token_ends) {
            return true;
        }
    }
}

bool JsonReader::read_number() {
    const std::size_t start = at_;
    if (!skip_token()) {
        return is_digit(peek()) ? fail("a number must not begin with 0", start, at_ - start + 1)
                                : fail_here("a digit");
    }
    const bool real = text_.substr(start, at_ - start).find_first_of(".eE") != text_.npos;
    document_.add(real ? ValueKind::real : ValueKind::integer, {start, at_ - start});
    return true;
}

bool JsonReader::read_word() {
    const std::size_t start = at_;
    (void)skip_token();  // no byte breaks a word
    const std::string_view word = text_.substr(start, at_ - start);
    if (word != "true" && word != "false" && word != "null") {
        fail("expected true, false, null or a value in quotes, not '" + printable(word) + "'",
             start, word.size());
        error_ = std::move(*error_).with_hint(std::string(kQuotesHint));
        return false;
    }
    document_.add(word == "null" ? ValueKind::null : ValueKind::boolean, {start, word.size()});
    return true;
}

/// Looks at the bytes of a string up to `end`.
bool JsonReader::check_utf8(std::size_t at, std::size_t end) {
    while (at < end) {
        const auto byte = static_cast<unsigned char>(text_[at]);
        const std::size_t length = byte == '\\'  ? 2
                                   : byte < 0x80 ? 1
                                                 : utf8_sequence(text_.substr(at));
        if (length == 0) {
            return fail("a string must be valid UTF-8", at);
        }
        at += length;
    }
    return true;
}

/// Reads the string that starts here into a value or key made for it.
bool JsonReader::read_string(Document::Index index) {
    const std::size_t start = at_;
    if (const std::size_t simple = JsonLexer::simple_string_length(text_.substr(at_))) {
        at_ += simple;
        document_.set_span(index, {start, simple});
        return true;
    }
    const bool whole = skip_token();
    // If it is broken, the byte that breaks it may be no UTF-8.
    if (!check_utf8(start + 1, whole ? at_ : std::min(at_ + 1, text_.size()))) {
        return false;
    }
    if (!whole) {
        return at_ < text_.size()
                   ? fail("a control character in a string must be escaped", at_)
                   : fail("the string that starts here has no end", start, at_ - start);
    }
    document_.set_span(index, {start, at_ - start});
    const std::string_view raw = text_.substr(start + 1, at_ - start - 2);
    if (raw.find('\\') != raw.npos) {
        std::string decoded;
        if (!decode(raw, start + 1, decoded)) {
            return false;
        }
        document_.set_text(index, decoded);
    }
    return true;
}

/// Resolves the escapes of a string's inside, which stands at `offset` of the text.
bool JsonReader::decode(std::string_view raw, std::size_t offset, std::string& decoded) {
    constexpr std::string_view kPlain = "\"'\\/bfnrt";
    constexpr std::string_view kMeaning = "\"'\\/\b\f\n\r\t";
    decoded.reserve(raw.size());
    for (std::size_t at = 0; at < raw.size();) {
        if (raw[at] != '\\') {
            decoded.push_back(raw[at++]);
            continue;
        }
        // A string does not end in a lone '\': that would have escaped its quote.
        const std::size_t plain = kPlain.find(raw[at + 1]);
        if (plain != kPlain.npos) {
            decoded.push_back(kMeaning[plain]);
            at += 2;
        } else if (raw[at + 1] != 'u') {
            return fail("'\\" + printable(raw.substr(at + 1, 1)) + "' is no escape sequence",
                        offset + at, 2);
        } else if (!decode_unicode(raw, at, offset, decoded)) {
            return false;
        }
    }
    return true;
}

bool JsonReader::decode_unicode(std::string_view raw, std::size_t& at, std::size_t offset,
                                std::string& decoded) {
    const auto unit_at = [raw](std::size_t where) -> std::uint32_t {
        if (raw.substr(where, 2) != "\\u" || where + 6 > raw.size()) {
            return 0x110000;
        }
        std::uint32_t unit = 0;
        for (std::size_t i = where + 2; i < where + 6; ++i) {
            const std::uint32_t digit = hex_digit(raw[i]);
            if (digit == 16) {
                return 0x110000;
            }
            unit = unit << 4U | digit;
        }
        return unit;
    };
    std::uint32_t code_point = unit_at(at);
    std::size_t length = 6;
    if (code_point >= 0xd800 && code_point <= 0xdbff) {
        const std::uint32_t low = unit_at(at + 6);
        if (low >= 0xdc00 && low <= 0xdfff) {
            code_point = 0x10000 + ((code_point & 0x3ffU) << 10U) + (low & 0x3ffU);
            length = 12;
        }
    }
    if (!is_valid_code_point(code_point)) {
        return fail("'" + printable(raw.substr(at, length)) + "' is no Unicode character",
                    offset + at, length);
    }
    append_utf8(decoded, code_point);
    at += length;
    return true;
}

}  // namespace

qnetdev::Result<Document> parse_json(std::string_view text) {
    return JsonReader(text).read();
}

}  // namespace qnetdev::qapi
