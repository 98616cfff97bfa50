// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace qnetdev::qapi {

/// Whether the byte separates tokens and means nothing.
constexpr bool is_json_space(unsigned char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/// Whether the byte is a token of its own.
constexpr bool is_json_structural(unsigned char byte) {
    return byte == '{' || byte == '}' || byte == '[' || byte == ']' || byte == ',' || byte == ':';
}

/// Tells where the tokens of JSON begin and end, a byte at a time, in the dialect QEMU understands.
///
/// It holds no text, so it costs the same for a whole text as for a stream that comes in pieces.
/// What is in a token (which word it is, whether a string is UTF-8 and its escapes mean something)
/// and in what order tokens may stand is for its user to say.
class JsonLexer {
public:
    enum class Step : std::uint8_t {
        going_on,
        token_ends,          ///< With this byte.
        token_ended_before,  ///< This byte is not part of it, and has not been looked at.
        broken,              ///< This byte cannot stand here.
        /// This byte cannot stand behind a '\'. The next step goes on as if it could.
        broken_escape,
    };

    Step step(unsigned char byte);
    /// How many bytes that `rest` begins with may be left out of step(): they are inside a string
    /// and neither end nor break it.
    std::size_t plain_length(std::string_view rest) const;

    /// Length of the string that `text` begins with, quotes included, if it can be seen at a
    /// glance: pure ASCII without escapes. Otherwise 0, which says nothing.
    static std::size_t simple_string_length(std::string_view text);

    /// Whether no token has begun.
    bool is_between() const { return state_ == State::between; }
    /// Whether the token that has begun may be all: a number or a word ends where the text does.
    bool may_end() const {
        return state_ == State::zero || state_ == State::digits || state_ == State::fraction ||
               state_ == State::exponent_digits || state_ == State::word;
    }
    /// The first byte of the token that has begun, or else of the last one.
    unsigned char first() const { return first_; }

private:
    enum class State : std::uint8_t {
        between,
        double_quoted,
        double_escape,
        single_quoted,
        single_escape,
        minus,
        zero,
        digits,
        point,
        fraction,
        exponent,
        exponent_sign,
        exponent_digits,
        word,
    };

    Step step_between(unsigned char byte);
    Step step_string(unsigned char byte);
    Step step_number(unsigned char byte);
    Step go(State state, Step step = Step::going_on) {
        state_ = state;
        return step;
    }

    State state_ = State::between;
    unsigned char first_ = 0;
};

}  // namespace qnetdev::qapi
