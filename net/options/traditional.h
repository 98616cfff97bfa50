// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qapi/value.h"

namespace qnetdev {

/// A value and where it was written.
struct OptionText {
    std::string_view text;
    TextSpan span;
};

/// An argument in the oldest of QEMU's option languages: `tap,id=n0,queues=2,vhost`.
///
/// Any text is well-formed. A value ends at a single ',' (`,,` is a comma); the first element may
/// be a bare value, of the implied key; later bare words are flags, on or (`noX`) off, with a
/// warning. Keys may repeat; only of `id` the first counts, so the others are dropped. The text
/// must outlive the object.
class TraditionalOptions {
public:
    TraditionalOptions(std::string_view text, std::string_view implied_key);

    const qapi::Document& document() const { return document_; }
    std::vector<std::string> take_warnings();

    /// The value that counts for a scalar: the last, but of `id` the first.
    std::optional<OptionText> get(std::string_view key) const;
    /// Takes all occurrences of a key out.
    void erase(std::string_view key);
    /// Adds an option as if it stood at the end; errors about it point at `span`.
    void append(std::string_view key, std::string_view value, TextSpan span);
    /// The first key with a '.' in it.
    std::optional<std::string_view> dotted_key() const;
    /// The value of the implied key that counts, empty if there is none.
    std::string_view type() const;

private:
    using Index = qapi::Document::Index;

    std::size_t read_element(std::size_t at);
    void find_id_in_implied_value(std::size_t end);
    void read_flag(TextSpan word);
    bool skips(std::string_view key);
    void chain(Index key);

    std::string_view text_;
    qapi::Document document_;
    std::string_view implied_key_;
    Index last_ = 0;
    Index type_ = 0;    ///< Last key that is the implied one.
    Index id_ = 0;      ///< Only key that is `id`.
    Index dotted_ = 0;  ///< First key with a '.'.
    bool has_id_ = false;
    bool has_empty_key_ = false;
    std::vector<std::string> warnings_ = {};
    std::size_t short_forms_ = 0;
    std::size_t skipped_ids_ = 0;
};

/// "'id' is given twice: 'n0' counts".
std::string repeated_id_warning(std::size_t times, std::string_view counts);

/// Where the value that starts at `at` ends: at the next single ',' or with the text.
std::size_t comma_value_end(std::string_view text, std::size_t at);

/// Stores that value into the document's, `,,` made ','; returns where it ends.
std::size_t read_comma_value(std::string_view text, std::size_t at, qapi::Document& document,
                             qapi::Document::Index value);

}  // namespace qnetdev
