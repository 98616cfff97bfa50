// SPDX-License-Identifier: MIT
#include "net/options/keyval.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "net/base/limits.h"
#include "net/options/traditional.h"
#include "qapi/utf8.h"

namespace qnetdev {
namespace {

using Index = qapi::Document::Index;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Length of the name that `text` begins with, 0 if there is none.
///
/// A name is a letter, then letters, digits, '-' and '_'; or that behind a vendor's prefix,
/// __RFQDN_, which may contain dots.
std::size_t name_length(std::string_view text) {
    std::size_t at = 0;
    if (text.substr(0, 2) == "__") {
        at = 2;
        while (at < text.size() &&
               (is_letter(text[at]) || is_digit(text[at]) || text[at] == '-' || text[at] == '.')) {
            ++at;
        }
        if (at == text.size() || text[at] != '_') {
            return 0;
        }
        ++at;
    }
    if (at == text.size() || !is_letter(text[at])) {
        return 0;
    }
    while (at < text.size() &&
           (is_letter(text[at]) || is_digit(text[at]) || text[at] == '-' || text[at] == '_')) {
        ++at;
    }
    return at;
}

std::size_t index_length(std::string_view text) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) -
                                    text.begin());
}

bool is_index(std::string_view fragment) {
    return !fragment.empty() && is_digit(fragment[0]);
}

/// Finds a child by its parent and name in constant time, while a tree grows.
///
/// An open-addressing table. Its size follows the number of names that the text can hold, so that
/// a short argument pays little.
class ChildIndex {
public:
    explicit ChildIndex(const qapi::Document& document) : document_(document) {}

    /// The child's key, or 0.
    Index find(Index parent, std::string_view name) const {
        if (count_ == 0) {
            return 0;
        }
        for (std::size_t at = start(parent, name);; ++at) {
            const Slot& slot = slots_[at & (slots_.size() - 1)];
            if (slot.key == 0 || (slot.parent == parent && document_.text(slot.key) == name)) {
                return slot.key;
            }
        }
    }

    std::size_t size() const { return count_; }

    /// Makes room for that many children, once and for all.
    void reserve(std::size_t children) {
        std::size_t slots = 32;
        while (children * 4 > slots * 3) {
            slots *= 2;
        }
        slots_.resize(slots);
    }

    void insert(Index parent, Index key) {
        assert((count_ + 1) * 4 <= slots_.size() * 3);
        place({parent, key});
        ++count_;
    }

private:
    struct Slot {
        Index parent = 0;
        Index key = 0;
    };

    std::size_t start(Index parent, std::string_view name) const {
        // The address differs from run to run, so nobody can prepare names that collide.
        const std::size_t salt = reinterpret_cast<std::uintptr_t>(this) >> 4U;
        const std::size_t hash = std::hash<std::string_view>()(name) ^ (parent + salt);
        return (hash * 0x9e3779b97f4a7c15U) >> 20U & (slots_.size() - 1);
    }

    void place(Slot slot) {
        std::size_t at = start(slot.parent, document_.text(slot.key));
        while (slots_[at & (slots_.size() - 1)].key != 0) {
            ++at;
        }
        slots_[at & (slots_.size() - 1)] = slot;
    }

    const qapi::Document& document_;
    std::vector<Slot> slots_ = {};
    std::size_t count_ = 0;
};

/// One read. Children are chained backwards at first; finish() puts them in order.
class KeyvalReader {
public:
    KeyvalReader(std::string_view text, std::string_view implied_key)
        : text_(text), implied_key_(implied_key), document_(qapi::Grammar::keyval, text) {}

    Result<qapi::Document> read();

private:
    Result<std::size_t> read_pair(std::size_t at);
    Result<Index> find_leaf(TextSpan key);
    Result<Index> descend(Index parent, TextSpan fragment, std::string_view name, bool leaf);
    Result<void> finish();
    Result<void> order(Index container);
    Result<void> make_list(Index container, std::size_t count);
    std::string key_before(Index child) const;
    Error bad_key(TextSpan key) const;
    Error fail(std::string message, std::string_view param, TextSpan span) const;

    std::string_view text_;
    std::string_view implied_key_;
    qapi::Document document_;
    ChildIndex children_{document_};
};

Error KeyvalReader::fail(std::string message, std::string_view param, TextSpan span) const {
    return Error(std::move(message))
        .with_stage(Stage::parse)
        .with_param(std::string(param))
        .with_span(span);
}

Error KeyvalReader::bad_key(TextSpan key) const {
    const std::string_view name = text_.substr(key.offset, key.length);
    return fail("'" + qapi::printable(name) + "' is not the name of an option", name, key);
}

Result<qapi::Document> KeyvalReader::read() {
    const auto pairs = std::count(text_.begin(), text_.end(), ',') + 1;
    const auto dots = std::count(text_.begin(), text_.end(), '.');
    const std::size_t names =
        std::min({static_cast<std::size_t>(pairs + dots), text_.size() / 2 + 1, limits::kKeyNames});
    document_.reserve(2 * names + 4);
    children_.reserve(names);
    document_.add(qapi::ValueKind::object, {0, text_.size()});
    for (std::size_t at = 0; at < text_.size();) {
        at = NET_TRY(read_pair(at));
        at += at < text_.size() ? 1 : 0;
    }
    NET_TRY(finish());
    return std::move(document_);
}

/// Reads one element and returns where its ',' or the end is.
Result<std::size_t> KeyvalReader::read_pair(std::size_t at) {
    const std::size_t word_end = std::min(text_.find_first_of("=,", at), text_.size());
    const TextSpan word{at, word_end - at};
    const std::string_view name = text_.substr(at, word.length);
    const bool pair = word_end < text_.size() && text_[word_end] == '=';
    if (!pair && (name == "help" || name == "?")) {
        return fail("'" + std::string(name) + "' cannot be combined with other options", name, word)
            .with_hint("use '-netdev help' for the list of types");
    }
    if (!pair && at == 0 && !name.empty()) {
        const Index leaf = NET_TRY(descend(0, word, implied_key_, true));
        document_.set_span(leaf, word);
        return word_end;
    }
    const Index leaf = NET_TRY(find_leaf(word));
    if (!pair) {
        return fail("'" + qapi::printable(name) + "' must be followed by '=' and a value", name,
                    word);
    }
    return read_comma_value(text_, word_end + 1, document_, leaf);
}

/// Walks a key from the root, making what is not there yet.
Result<Index> KeyvalReader::find_leaf(TextSpan key) {
    const std::size_t end = key.offset + key.length;
    Index node = 0;
    std::size_t depth = 0;
    for (std::size_t at = key.offset;; ++at) {
        const std::string_view rest = text_.substr(at, end - at);
        const std::size_t digits = depth > 0 ? index_length(rest) : 0;
        const std::size_t length = digits > 0 ? digits : name_length(rest);
        const bool last = length == rest.size();
        if (length == 0 || (!last && rest[length] != '.')) {
            return bad_key(key);
        }
        const TextSpan fragment{at, length};
        std::string_view name = rest.substr(0, length);
        if (length > limits::kKeyFragment) {
            return fail("'" + qapi::printable(name) + "' is longer than the " +
                            std::to_string(limits::kKeyFragment) + " bytes a name may have",
                        name, fragment);
        }
        if (++depth >= limits::kJsonDepth) {
            return fail(
                "options are nested deeper than " + std::to_string(limits::kJsonDepth) + " levels",
                {}, key);
        }
        if (digits > 0) {  // 007 is the element 7.
            name.remove_prefix(std::min(name.find_first_not_of('0'), name.size() - 1));
        }
        node = NET_TRY(descend(node, fragment, name, last));
        at += length;
        if (last) {
            return node;
        }
    }
}

/// The value of that child, made if it is not there.
Result<Index> KeyvalReader::descend(Index parent, TextSpan fragment, std::string_view name,
                                    bool leaf) {
    Index key = children_.find(parent, name);
    if (key == 0) {
        if (children_.size() == limits::kKeyNames) {
            return fail("more than " + std::to_string(limits::kKeyNames) + " different options", {},
                        fragment);
        }
        key = document_.add_key(fragment);
        if (name != document_.text(key)) {
            document_.set_text(key, name);
        }
        document_.add(leaf ? qapi::ValueKind::text : qapi::ValueKind::object, fragment);
        document_.link(key, document_.first_child(parent));
        document_.set_first_child(parent, key);
        children_.insert(parent, key);
    }
    const Index value = document_.value_of(key);
    if ((document_.kind(value) == qapi::ValueKind::text) != leaf) {
        const std::size_t end = fragment.offset + fragment.length;
        const std::size_t start = text_.rfind(',', fragment.offset);
        const std::size_t from = start == text_.npos ? 0 : start + 1;
        const std::string path(text_.substr(from, end - from));
        return fail(
            "'" + qapi::printable(path) + "' cannot have both a value and options of its own",
            path + ".*", fragment);
    }
    return value;
}

/// Puts all children in order and makes lists of the objects that have indices for names.
Result<void> KeyvalReader::finish() {
    std::vector<Index> open{0};
    while (!open.empty()) {
        const Index container = open.back();
        open.pop_back();
        NET_TRY(order(container));
        const bool list = document_.kind(container) == qapi::ValueKind::list;
        for (Index child = document_.first_child(container); child != 0;
             child = document_.next(child)) {
            const Index value = list ? child : document_.value_of(child);
            if (document_.kind(value) == qapi::ValueKind::object) {
                open.push_back(value);
            }
        }
    }
    return {};
}

Result<void> KeyvalReader::order(Index container) {
    Index ordered = 0;
    std::size_t count = 0;
    std::size_t indices = 0;
    for (Index child = document_.first_child(container); child != 0;) {
        const Index next = document_.next(child);
        document_.link(child, ordered);
        ordered = child;
        child = next;
        ++count;
        indices += is_index(document_.text(ordered)) ? 1 : 0;
    }
    document_.set_first_child(container, ordered);
    if (indices == 0) {
        return {};
    }
    if (indices != count) {
        const std::string path = key_before(ordered);
        return fail("'" + qapi::printable(path) + "' cannot be both a list and an object",
                    path + ".*", document_.span(ordered));
    }
    return make_list(container, count);
}

/// Chains the values of an object's children by their numbers.
Result<void> KeyvalReader::make_list(Index container, std::size_t count) {
    std::vector<Index> elements(count, 0);
    for (Index key = document_.first_child(container); key != 0; key = document_.next(key)) {
        const std::string_view digits = document_.text(key);
        std::size_t number = 0;
        for (const char digit : digits) {
            number = std::min<std::size_t>(count, number * 10 + static_cast<unsigned>(digit - '0'));
        }
        if (number < count) {
            elements[number] = document_.value_of(key);
        }
    }
    const auto gap = std::find(elements.begin(), elements.end(), 0U);
    if (gap != elements.end()) {
        const Index child = document_.first_child(container);
        const std::string path = key_before(child) + "." + std::to_string(gap - elements.begin());
        return fail("'" + path + "' is missing", path, document_.span(child))
            .with_hint("elements of a list are numbered from 0, without gaps");
    }
    document_.set_kind(container, qapi::ValueKind::list);
    document_.set_first_child(container, elements.front());
    for (std::size_t i = 1; i < count; ++i) {
        document_.link(elements[i - 1], elements[i]);
    }
    return {};
}

/// What stands before a child's own fragment in the key that it was made by.
std::string KeyvalReader::key_before(Index child) const {
    const std::size_t end = document_.span(child).offset;
    const std::size_t comma = text_.rfind(',', end);
    const std::size_t start = comma == text_.npos ? 0 : comma + 1;
    return std::string(text_.substr(start, end - start - (end > start ? 1 : 0)));
}

}  // namespace

Result<qapi::Document> parse_keyval(std::string_view text, std::string_view implied_key) {
    return KeyvalReader(text, implied_key).read();
}

}  // namespace qnetdev
