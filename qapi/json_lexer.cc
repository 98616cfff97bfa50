// SPDX-License-Identifier: MIT
#include "qapi/json_lexer.h"

#include <array>

namespace qnetdev::qapi {
namespace {

bool is_digit(unsigned char byte) {
    return byte >= '0' && byte <= '9';
}

bool is_letter(unsigned char byte) {
    return byte >= 'a' && byte <= 'z';
}

/// What no string holds unescaped.
constexpr bool breaks_string(unsigned char byte) {
    return byte < 0x20 || byte >= 0xfe;
}

/// Inside a string: what is itself, and needs no further look.
constexpr bool is_simple(unsigned char byte) {
    return !breaks_string(byte) && byte < 0x80 && byte != '\\' && byte != '"' && byte != '\'';
}

constexpr auto kSimple = [] {
    std::array<bool, 256> simple = {};
    for (std::size_t byte = 0; byte < simple.size(); ++byte) {
        simple[byte] = is_simple(static_cast<unsigned char>(byte));
    }
    return simple;
}();

}  // namespace

JsonLexer::Step JsonLexer::step_between(unsigned char byte) {
    if (is_json_space(byte)) {
        return Step::going_on;
    }
    first_ = byte;
    if (is_json_structural(byte)) {
        return Step::token_ends;
    }
    if (byte == '"') {
        return go(State::double_quoted);
    }
    if (byte == '\'') {
        return go(State::single_quoted);
    }
    if (byte == '-') {
        return go(State::minus);
    }
    if (is_digit(byte)) {
        return go(byte == '0' ? State::zero : State::digits);
    }
    return is_letter(byte) ? go(State::word) : Step::broken;
}

JsonLexer::Step JsonLexer::step_string(unsigned char byte) {
    const bool single = state_ == State::single_quoted || state_ == State::single_escape;
    if (state_ == State::double_escape || state_ == State::single_escape) {
        return go(single ? State::single_quoted : State::double_quoted,
                  breaks_string(byte) ? Step::broken_escape : Step::going_on);
    }
    if (byte == (single ? '\'' : '"')) {
        return go(State::between, Step::token_ends);
    }
    if (byte == '\\') {
        return go(single ? State::single_escape : State::double_escape);
    }
    return breaks_string(byte) ? Step::broken : Step::going_on;
}

JsonLexer::Step JsonLexer::step_number(unsigned char byte) {
    const bool digit = is_digit(byte);
    switch (state_) {
        case State::minus:
            return digit ? go(byte == '0' ? State::zero : State::digits) : Step::broken;
        case State::point:
            return digit ? go(State::fraction) : Step::broken;
        case State::exponent:
            if (byte == '+' || byte == '-') {
                return go(State::exponent_sign);
            }
            [[fallthrough]];
        case State::exponent_sign:
            return digit ? go(State::exponent_digits) : Step::broken;
        default:
            break;
    }
    if (digit) {
        return state_ == State::zero ? Step::broken : Step::going_on;
    }
    const bool has_exponent = state_ == State::exponent_digits;
    if (byte == '.' && state_ != State::fraction && !has_exponent) {
        return go(State::point);
    }
    if ((byte == 'e' || byte == 'E') && !has_exponent) {
        return go(State::exponent);
    }
    return go(State::between, Step::token_ended_before);
}

JsonLexer::Step JsonLexer::step(unsigned char byte) {
    switch (state_) {
        case State::between:
            return step_between(byte);
        case State::double_quoted:
        case State::double_escape:
        case State::single_quoted:
        case State::single_escape:
            return step_string(byte);
        case State::word:
            return is_letter(byte) ? Step::going_on : go(State::between, Step::token_ended_before);
        default:
            return step_number(byte);
    }
}

std::size_t JsonLexer::plain_length(std::string_view rest) const {
    if (state_ != State::double_quoted && state_ != State::single_quoted) {
        return 0;
    }
    const char quote = state_ == State::double_quoted ? '"' : '\'';
    std::size_t length = 0;
    while (length < rest.size() && rest[length] != quote && rest[length] != '\\' &&
           !breaks_string(static_cast<unsigned char>(rest[length]))) {
        ++length;
    }
    return length;
}

std::size_t JsonLexer::simple_string_length(std::string_view text) {
    const char* const end = text.data() + text.size();
    const char* at = text.data() + 1;
    while (at < end && kSimple[static_cast<unsigned char>(*at)]) {
        ++at;
    }
    return at < end && *at == text.front() ? static_cast<std::size_t>(at + 1 - text.data()) : 0;
}

}  // namespace qnetdev::qapi
