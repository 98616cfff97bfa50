// SPDX-License-Identifier: MIT
#include "net/options/traditional.h"

#include <algorithm>
#include <utility>

#include "qapi/utf8.h"

namespace qnetdev {
namespace {

/// Short-form warnings given one by one; the rest is counted.
constexpr std::size_t kWarnings = 8;

/// Values that are appended later: type and id by -nic, two for ipv6-net.
constexpr std::size_t kAppended = 8;

/// Room for all values, so that none is ever moved: two for `a=,`, one for a flag.
std::size_t value_estimate(std::string_view text) {
    // One element and one pair more than there are separators, and the object.
    const auto separators =
        std::count_if(text.begin(), text.end(), [](char c) { return c == ',' || c == '='; });
    return std::min(static_cast<std::size_t>(separators) + 3, text.size() / 3 * 2 + 8) + kAppended;
}

}  // namespace

std::string repeated_id_warning(std::size_t times, std::string_view counts) {
    return "'id' is given " + (times == 2 ? "twice" : std::to_string(times) + " times") + ": '" +
           qapi::printable(counts, 64) + "' counts";
}

std::size_t comma_value_end(std::string_view text, std::size_t at) {
    for (std::size_t comma = text.find(',', at); comma != text.npos;
         comma = text.find(',', comma + 2)) {
        if (comma + 1 == text.size() || text[comma + 1] != ',') {
            return comma;
        }
    }
    return text.size();
}

std::size_t read_comma_value(std::string_view text, std::size_t at, qapi::Document& document,
                             qapi::Document::Index value) {
    const std::size_t end = comma_value_end(text, at);
    document.set_span(value, {at, end - at});
    const std::string_view raw = text.substr(at, end - at);
    std::size_t comma = raw.find(',');
    if (comma == raw.npos) {
        return end;
    }
    std::string decoded;
    decoded.reserve(raw.size());
    std::size_t start = 0;
    for (; comma != raw.npos; comma = raw.find(',', start)) {
        decoded.append(raw.substr(start, comma + 1 - start));
        start = comma + 2;
    }
    decoded.append(raw.substr(start));
    document.set_text(value, decoded);
    return end;
}

TraditionalOptions::TraditionalOptions(std::string_view text, std::string_view implied_key)
    : text_(text), document_(qapi::Grammar::traditional, text), implied_key_(implied_key) {
    document_.reserve(value_estimate(text));
    document_.add(qapi::ValueKind::object, {0, text.size()});
    for (std::size_t at = 0; at < text.size();) {
        at = read_element(at);
        at += at < text.size() ? 1 : 0;
    }
}

/// Reads one element and returns where its ',' or the end is.
std::size_t TraditionalOptions::read_element(std::size_t at) {
    const std::size_t key_end = std::min(text_.find_first_of("=,", at), text_.size());
    const TextSpan word{at, key_end - at};
    const bool pair = key_end < text_.size() && text_[key_end] == '=';
    const std::string_view name = text_.substr(at, word.length);
    if (pair) {
        if (skips(name)) {
            return comma_value_end(text_, key_end + 1);
        }
        const Index key = document_.add_key(word);
        chain(key);
        return read_comma_value(text_, key_end + 1, document_,
                                document_.add(qapi::ValueKind::text, {}));
    }
    if (at > 0) {
        read_flag(word);
        return key_end;
    }
    find_id_in_implied_value(comma_value_end(text_, at));
    const Index key = document_.add_key(word);
    document_.set_text(key, implied_key_);
    chain(key);
    return read_comma_value(text_, at, document_, document_.add(qapi::ValueKind::text, {}));
}

/// Reads an id out of the implied value, which ends at `end`. The search for the id comes before
/// what is implied: it takes every bare word for a flag, which ends at any comma.
void TraditionalOptions::find_id_in_implied_value(std::size_t end) {
    for (std::size_t at = 0; at < end && !has_id_;) {
        const std::size_t key_end = std::min(text_.find_first_of("=,", at), end);
        const std::string_view name = text_.substr(at, key_end - at);
        const bool pair = key_end < end && text_[key_end] == '=';
        if (pair && name == "id") {
            has_id_ = true;
            chain(document_.add_key({at, 2}));
            read_comma_value(text_, key_end + 1, document_,
                             document_.add(qapi::ValueKind::text, {}));
        } else if (!pair && (name == "id" || name == "noid")) {
            has_id_ = true;
            chain(document_.add_flag({key_end - 2, 2}, name == "id"));
        }
        at = (pair ? comma_value_end(text_, key_end + 1) : key_end) + 1;
    }
}

void TraditionalOptions::read_flag(TextSpan word) {
    const std::string_view name = text_.substr(word.offset, word.length);
    const bool off = name.substr(0, 2) == "no";
    const TextSpan key = off ? TextSpan{word.offset + 2, word.length - 2} : word;
    const std::string_view key_name = text_.substr(key.offset, key.length);
    if (++short_forms_ <= kWarnings) {
        warnings_.push_back("'" + qapi::printable(name) + "' is a deprecated short form of '" +
                            qapi::printable(key_name) + (off ? "=off'" : "=on'"));
    }
    if (!skips(key_name)) {
        chain(document_.add_flag(key, !off));
    }
}

/// Whether an occurrence cannot matter: an id after the first, or one more empty key, which no
/// type knows and of which the error names the first.
bool TraditionalOptions::skips(std::string_view key) {
    if (key == "id") {
        skipped_ids_ += has_id_ ? 1 : 0;
        return std::exchange(has_id_, true);
    }
    return key.empty() && std::exchange(has_empty_key_, true);
}

void TraditionalOptions::chain(Index key) {
    if (last_ == 0) {
        document_.set_first_child(0, key);
    } else {
        document_.link(last_, key);
    }
    last_ = key;
    const std::string_view name = document_.text(key);
    if (name == implied_key_) {
        type_ = key;
    } else if (name == "id") {
        id_ = key;
    } else if (dotted_ == 0 && name.find('.') != name.npos) {
        dotted_ = key;
    }
}

std::vector<std::string> TraditionalOptions::take_warnings() {
    if (short_forms_ > kWarnings) {
        warnings_.push_back(std::to_string(short_forms_ - kWarnings) +
                            " more deprecated short forms");
    }
    if (skipped_ids_ > 0 && id_ != 0) {
        warnings_.push_back(repeated_id_warning(skipped_ids_ + 1, get("id")->text));
    }
    return std::move(warnings_);
}

std::string_view TraditionalOptions::type() const {
    return type_ == 0 ? std::string_view() : document_.value_text(document_.value_of(type_));
}

std::optional<OptionText> TraditionalOptions::get(std::string_view key) const {
    qapi::Value value;
    if (key == "id" || key == implied_key_) {
        const Index found = key == "id" ? id_ : type_;
        value = found == 0 ? value : qapi::Value(document_, document_.value_of(found));
    } else {
        value = document_.root().find(key);
    }
    if (!value) {
        return std::nullopt;
    }
    return OptionText{value.text(), value.span()};
}

void TraditionalOptions::erase(std::string_view key) {
    Index kept = 0;
    for (Index at = document_.first_child(0); at != 0; at = document_.next(at)) {
        if (document_.text(at) == key) {
            continue;
        }
        if (kept == 0) {
            document_.set_first_child(0, at);
        } else {
            document_.link(kept, at);
        }
        kept = at;
    }
    if (kept == 0) {
        document_.set_first_child(0, 0);
    } else {
        document_.link(kept, 0);
    }
    last_ = kept;
}

void TraditionalOptions::append(std::string_view key, std::string_view value, TextSpan span) {
    const Index key_index = document_.add_key(span);
    document_.set_text(key_index, key);
    document_.set_text(document_.add(qapi::ValueKind::text, span), value);
    chain(key_index);
}

std::optional<std::string_view> TraditionalOptions::dotted_key() const {
    return dotted_ == 0 ? std::nullopt : std::optional(document_.text(dotted_));
}

}  // namespace qnetdev
