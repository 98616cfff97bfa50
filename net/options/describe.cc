// SPDX-License-Identifier: MIT
#include "net/options/describe.h"

#include <algorithm>
#include <utility>

#include "net/base/control_characters.h"
#include "net/options.h"
#include "net/options/locate.h"

namespace qnetdev {
namespace {

constexpr std::size_t kShownText = 2000;  // of a message or hint

constexpr std::size_t kContextBytes = 60;  // shown before the span
constexpr std::size_t kShownBytes = 140;   // shown in all

/// Moves a cut so that it does not fall into a UTF-8 character.
std::size_t whole_characters(std::string_view text, std::size_t at) {
    constexpr std::size_t kLongestRest = 3;
    const std::size_t end = std::min(text.size(), at + kLongestRest);
    while (at < end && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) {
        ++at;
    }
    return at;
}

struct Window {
    std::size_t begin;
    std::size_t end;
};

Window choose_window(std::string_view text, TextSpan span) {
    if (text.size() <= kShownBytes) {
        return {0, text.size()};
    }
    const std::size_t start = span.offset > kContextBytes ? span.offset - kContextBytes : 0;
    const std::size_t begin = whole_characters(text, start);
    return {begin, whole_characters(text, std::min(text.size(), begin + kShownBytes))};
}

char replacement(char byte) {
    return static_cast<unsigned char>(byte) < 0x80 ? ' ' : '?';
}

}  // namespace

std::optional<TextSpan> find_place(const Error& error, std::string_view argument) {
    const std::string& param = error.param();
    // Of a nested one that is missing the locator knows what is around it.
    if (error.span() || (error.stage() == Stage::parse && param.find('.') != param.npos)) {
        return error.span();
    }
    OptionLocator locator(argument);
    std::optional<TextSpan> found;
    if (!param.empty()) {
        found = locator.find(param, error.message());
    }
    return found || error.stage() != Stage::host ? found : locator.find_quoted(error.message());
}

TextSpan place_of(const Error& error, std::string_view argument) {
    const TextSpan behind{argument.size() - (argument.ends_with('}') ? 1 : 0), 0};
    const bool missing = !error.param().empty() && error.stage() != Stage::host;
    return find_place(error, argument).value_or(missing ? behind : TextSpan{0, argument.size()});
}

Caret draw_caret(std::string_view argument, TextSpan span) {
    span.offset = std::min(span.offset, argument.size());
    span.length = std::min(span.length, argument.size() - span.offset);
    const Window window = choose_window(argument, span);
    std::string shown = window.begin > 0 ? "  …" : "  ";
    std::string marks = window.begin > 0 ? "   " : "  ";
    for (std::size_t at = window.begin; at < window.end;) {
        const auto [length, printable] = first_character(argument.substr(at));
        if (printable) {
            shown.append(argument.substr(at, length));
        } else {
            shown += replacement(argument[at]);
        }
        const bool first = at <= span.offset && span.offset < at + length;
        const bool inside = at > span.offset && at < span.offset + span.length;
        marks += first ? '^' : (inside ? '~' : ' ');
        at += length;
    }
    if (span.offset >= window.end) {
        marks += '^';  // what is missing behind the end
    }
    shown += window.end < argument.size() ? "…" : "";
    marks.erase(marks.find_last_not_of(' ') + 1);
    return {std::move(shown), std::move(marks)};
}

namespace {

std::string message_line(const Error& error) {
    return printable_start(error.message(), kShownText) + "\n";
}

std::string hint_line(const Error& error) {
    return error.hint().empty() ? "" : "hint: " + printable_start(error.hint(), kShownText) + "\n";
}

}  // namespace

std::string describe(const Error& error) {
    return message_line(error) + hint_line(error);
}

std::string describe(const Error& error, std::string_view argument) {
    const Caret caret = draw_caret(argument, place_of(error, argument));
    return message_line(error) + caret.argument + "\n" + caret.marks + "\n" + hint_line(error);
}

}  // namespace qnetdev
