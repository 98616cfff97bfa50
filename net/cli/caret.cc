// SPDX-License-Identifier: MIT
#include "net/cli/caret.h"

#include <algorithm>

namespace qnetdev::cli {
namespace {

constexpr std::size_t kContextBytes = 60;  // shown before the span
constexpr std::size_t kShownBytes = 140;   // shown in all

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Moves a cut so that it does not fall into a UTF-8 character.
std::size_t whole_characters(std::string_view text, std::size_t at) {
    while (at < text.size() && is_continuation(text[at])) {
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

}  // namespace

std::string draw_caret(std::string_view argument, TextSpan span) {
    span.offset = std::min(span.offset, argument.size());
    span.length = std::min(span.length, argument.size() - span.offset);
    const Window window = choose_window(argument, span);
    std::string shown = window.begin > 0 ? "…" : "";
    std::string marks = window.begin > 0 ? " " : "";
    for (std::size_t at = window.begin; at < window.end; ++at) {
        const auto byte = static_cast<unsigned char>(argument[at]);
        shown += byte < 0x20 || byte == 0x7F ? ' ' : argument[at];
        if (is_continuation(argument[at])) {
            continue;
        }
        const bool inside = at > span.offset && at < span.offset + span.length;
        marks += at == span.offset ? '^' : (inside ? '~' : ' ');
    }
    if (span.offset >= window.end) {
        marks += '^';  // what is missing behind the end
    }
    shown += window.end < argument.size() ? "…" : "";
    marks.erase(marks.find_last_not_of(' ') + 1);
    return "  " + shown + "\n  " + marks + "\n";
}

}  // namespace qnetdev::cli
