// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/result.h"
#include "qapi/json_lexer.h"

namespace qnetdev {

/// Cuts a stream of bytes into JSON messages, which nothing separates but their own brackets.
///
/// A message ends when its braces and its brackets balance; the two are counted apart, as QEMU
/// does. What cannot be a token is reported at once, and what follows is skipped up to a
/// structural character, a control character other than TAB, or a byte FE or FF. Time is linear in
/// the input, and memory is bounded by limits::kArgumentBytes for a message that is not complete.
class MessageFramer {
public:
    /// A message, or why there is none.
    struct Frame {
        /// One JSON value, if it is well-formed: only its tokens have been looked at. Valid until
        /// the next call, and as long as the input.
        std::string_view text = {};
        std::optional<Error> error = {};
    };

    /// Takes bytes off the front of `input` up to the end of a message or an error; all of them,
    /// and nothing is returned, if more are needed.
    std::optional<Frame> next(std::string_view& input);

private:
    using Step = qapi::JsonLexer::Step;

    void skip_broken(std::string_view& input);
    bool count_token(unsigned char first);
    std::string token_text(std::string_view read) const;
    std::optional<Error> check_limits() const;
    Frame finish(std::string_view& input, std::size_t length);
    Frame fail(std::string_view& input, std::size_t length, Error error);
    void carry(std::string_view rest);
    void reset();

    qapi::JsonLexer lexer_ = {};
    qapi::JsonLexer lexer_at_input_ = {};  ///< As it was when next() was called.
    bool recovering_ = false;              ///< After an error.
    std::size_t token_bytes_ = 0;          ///< Of the token that is being read.
    std::size_t bytes_ = 0;                ///< Of all tokens of the message.
    std::size_t tokens_ = 0;
    std::int64_t braces_ = 0;
    std::int64_t brackets_ = 0;
    std::string carried_ = {};   ///< The message so far, from earlier input.
    std::string returned_ = {};  ///< What the last frame's text points into, if it was carried.
};

}  // namespace qnetdev
