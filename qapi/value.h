// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "net/result.h"

/// What the readers of all input languages produce and the visitor consumes: an ordered tree.
///
/// The tree is a view: texts stay in the source wherever they need no decoding, numbers are
/// decoded when asked for, and a value costs 16 bytes. So a Document must not outlive the text it
/// was read from, and a Value must neither outlive its Document nor see it moved.
namespace qnetdev::qapi {

enum class ValueKind : std::uint8_t {
    null,
    boolean,
    integer,  ///< A number without fraction and exponent, of any size.
    real,     ///< Any other number.
    string,
    text,  ///< A leaf of key=value input: whoever reads it converts it to the type expected.
    list,
    object,
};

/// Which rules of conversion apply to a document.
enum class Grammar : std::uint8_t {
    json,
    keyval,
    traditional,  ///< One flat object whose keys may repeat: see Visitor.
};

class Document;

/// One value of a Document; cheap to copy. A default-made one is `!value`: absent.
class Value {
public:
    struct Entry;
    template <class Item>
    class Range;

    Value() = default;
    Value(const Document& document, std::uint32_t index) : document_(&document), index_(index) {}

    explicit operator bool() const { return document_ != nullptr; }

    ValueKind kind() const;
    /// The decoded text of a string or text value; of anything else, its source.
    std::string_view text() const;
    /// Where it stands in the source, quotes and brackets included.
    qnetdev::TextSpan span() const;

    /// Only for ValueKind::boolean.
    bool boolean() const { return text().front() == 't'; }
    /// The integer, if ValueKind::integer and in range.
    std::optional<std::int64_t> as_int64() const;
    std::optional<std::uint64_t> as_uint64() const;
    /// The number, if ValueKind::integer or ValueKind::real; infinite beyond the range of double.
    std::optional<double> as_double() const;

    /// Elements of a list, in order; empty for any other kind.
    Range<Value> items() const;
    /// Members of an object, in order; empty for any other kind.
    Range<Entry> entries() const;
    /// The last member with that key, or an absent value.
    Value find(std::string_view key) const;

private:
    friend class Document;

    const Document* document_ = nullptr;
    std::uint32_t index_ = 0;
};

/// A member of an object.
struct Value::Entry {
    std::string_view key;
    qnetdev::TextSpan key_span;
    Value value;
};

/// A forward range over the children of a value.
template <class Item>
class Value::Range {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Item;
        using difference_type = std::ptrdiff_t;

        Iterator(const Document* document, std::uint32_t index)
            : document_(document), index_(index) {}
        Item operator*() const;
        Iterator& operator++();
        bool operator==(const Iterator& other) const { return index_ == other.index_; }

    private:
        const Document* document_;
        std::uint32_t index_;
    };

    Range(const Document* document, std::uint32_t first) : document_(document), first_(first) {}
    Iterator begin() const { return {document_, first_}; }
    Iterator end() const { return {document_, 0}; }
    bool empty() const { return first_ == 0; }

private:
    const Document* document_;
    std::uint32_t first_;
};

/// A tree of values over a source text.
///
/// Readers build it front to back: add() appends a value, add_key() a key whose value is the next
/// one added, link() chains siblings. Index 0 is the root, so 0 as a link means "none".
class Document {
public:
    using Index = std::uint32_t;

    Document(Grammar grammar, std::string_view source) : source_(source), grammar_(grammar) {}

    Grammar grammar() const { return grammar_; }
    std::string_view source() const { return source_; }
    Value root() const { return {*this, 0}; }

    /// Room for that many values, so that a small document costs one allocation.
    void reserve(std::size_t values) { nodes_.reserve(values); }
    Index add(ValueKind kind, qnetdev::TextSpan span);
    Index add_key(qnetdev::TextSpan span);
    /// A key that is its own value, the text "on" or "off" (traditional grammar).
    Index add_flag(qnetdev::TextSpan span, bool on);
    /// Makes a container's or key chain's next sibling.
    void link(Index from, Index next) { nodes_[from].next = next; }
    void set_first_child(Index container, Index child) { nodes_[container].link = child; }
    void set_kind(Index value, ValueKind kind) { nodes_[value].kind = static_cast<Tag>(kind); }
    void set_span(Index value, qnetdev::TextSpan span);
    /// Replaces what the source says, for texts that need decoding.
    void set_text(Index value, std::string_view text);

    Index next(Index index) const { return nodes_[index].next; }
    Index first_child(Index container) const { return nodes_[container].link; }
    ValueKind kind(Index value) const;
    std::string_view text(Index index) const;
    /// Like text(), but "on" or "off" for a flag, whose text is its key.
    std::string_view value_text(Index value) const;
    qnetdev::TextSpan span(Index index) const {
        return {nodes_[index].offset, nodes_[index].length};
    }
    /// The value of a key.
    Index value_of(Index key) const { return nodes_[key].kind == Tag::key ? key + 1 : key; }
    std::size_t size() const { return nodes_.size(); }

private:
    /// ValueKind, and what only the tree knows.
    enum class Tag : std::uint8_t {
        null,
        boolean,
        integer,
        real,
        string,
        text,
        list,
        object,
        key,
        flag_on,
        flag_off,
    };
    struct Node {
        std::uint32_t next = 0;
        std::uint32_t offset = 0;
        std::uint32_t length : 27 = 0;
        Tag kind : 4 = Tag::null;
        bool pooled : 1 = false;  ///< Text stands in pool_, at `link`.
        std::uint32_t link = 0;   ///< First child of a container.
    };
    static_assert(sizeof(Node) == 16);

    Index push(Tag kind, qnetdev::TextSpan span);

    std::string_view source_;
    std::vector<Node> nodes_ = {};
    std::string pool_ = {};  ///< Each text behind its length, four bytes in host order.
    Grammar grammar_;
};

inline std::string_view Document::text(Index index) const {
    const Node& node = nodes_[index];
    if (node.pooled) {
        std::uint32_t length = 0;
        std::memcpy(&length, pool_.data() + node.link, sizeof length);
        return std::string_view(pool_).substr(node.link + sizeof length, length);
    }
    const std::string_view raw = source_.substr(node.offset, node.length);
    const bool quoted = grammar_ == Grammar::json &&
                        (node.kind == Tag::string || node.kind == Tag::key) && raw.size() >= 2;
    return quoted ? raw.substr(1, raw.size() - 2) : raw;
}

template <class Item>
Item Value::Range<Item>::Iterator::operator*() const {
    if constexpr (std::is_same_v<Item, Value>) {
        return Value(*document_, index_);
    } else {
        return Entry{document_->text(index_), document_->span(index_),
                     Value(*document_, document_->value_of(index_))};
    }
}

template <class Item>
typename Value::Range<Item>::Iterator& Value::Range<Item>::Iterator::operator++() {
    index_ = document_->next(index_);
    return *this;
}

}  // namespace qnetdev::qapi
