// SPDX-License-Identifier: MIT
#include "net/monitor/wire/message_framer.h"

#include <algorithm>
#include <utility>

#include "net/base/limits.h"
#include "qapi/utf8.h"

namespace net {
namespace {

/// Bytes of a broken token that an error message shows.
constexpr std::size_t kShownBytes = 60;

bool is_digit(unsigned char byte) {
    return byte >= '0' && byte <= '9';
}

bool is_space(unsigned char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bool is_structural(unsigned char byte) {
    return byte == '{' || byte == '}' || byte == '[' || byte == ']' || byte == ',' || byte == ':';
}

bool is_letter(unsigned char byte) {
    return byte >= 'a' && byte <= 'z';
}

/// Where reading resumes after an error.
bool ends_recovery(unsigned char byte) {
    return is_structural(byte) || (byte < 0x20 && byte != '\t') || byte >= 0xfe;
}

/// What no string holds unescaped.
bool breaks_string(unsigned char byte) {
    return byte < 0x20 || byte >= 0xfe;
}

Error limit_error(const char* what, std::size_t limit) {
    return Error("the JSON message has more than " + std::to_string(limit) + " " + what)
        .with_stage(Stage::parse);
}

Error stray_error(std::string_view token) {
    const bool cut = token.size() > kShownBytes;
    return Error("invalid JSON: '" + qapi::printable(token.substr(0, kShownBytes)) +
                 (cut ? "…" : "") + "' cannot stand here")
        .with_stage(Stage::parse);
}

}  // namespace

MessageFramer::Step MessageFramer::step_between(unsigned char byte) {
    if (is_space(byte)) {
        return Step::going_on;
    }
    token_first_ = byte;
    token_bytes_ = 0;
    if (is_structural(byte)) {
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

MessageFramer::Step MessageFramer::step_number(unsigned char byte) {
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

MessageFramer::Step MessageFramer::step(unsigned char byte) {
    switch (state_) {
        case State::between:
            return step_between(byte);
        case State::double_quoted:
        case State::single_quoted: {
            const bool single = state_ == State::single_quoted;
            if (byte == (single ? '\'' : '"')) {
                return go(State::between, Step::token_ends);
            }
            if (byte == '\\') {
                return go(single ? State::single_escape : State::double_escape);
            }
            return breaks_string(byte) ? Step::broken : Step::going_on;
        }
        case State::double_escape:
        case State::single_escape:
            if (breaks_string(byte)) {
                return Step::broken;
            }
            return go(state_ == State::single_escape ? State::single_quoted : State::double_quoted);
        case State::word:
            return is_letter(byte) ? Step::going_on : go(State::between, Step::token_ended_before);
        case State::recovery:
            return ends_recovery(byte) ? go(State::between, Step::token_ended_before)
                                       : Step::going_on;
        default:
            return step_number(byte);
    }
}

/// Whether the message ends with the token that has just ended.
bool MessageFramer::count_token(unsigned char first) {
    ++tokens_;
    bytes_ += token_bytes_;
    token_bytes_ = 0;
    braces_ += first == '{' ? 1 : first == '}' ? -1 : 0;
    brackets_ += first == '[' ? 1 : first == ']' ? -1 : 0;
    return braces_ < 0 || brackets_ < 0 || (braces_ == 0 && brackets_ == 0);
}

void MessageFramer::reset() {
    token_bytes_ = bytes_ = tokens_ = 0;
    braces_ = brackets_ = 0;
}

MessageFramer::Frame MessageFramer::finish(std::string_view& input, std::size_t length) {
    Frame frame{input.substr(0, length)};
    if (!carried_.empty()) {
        carried_.append(frame.text);
        returned_ = std::exchange(carried_, {});
        frame.text = returned_;
    }
    input.remove_prefix(length);
    reset();
    return frame;
}

MessageFramer::Frame MessageFramer::fail(std::string_view& input, std::size_t length, Error error) {
    carried_ = {};
    input.remove_prefix(length);
    reset();
    return Frame{{}, std::move(error)};
}

/// Keeps an unfinished message until more comes; of blanks between tokens one is enough.
void MessageFramer::carry(std::string_view rest) {
    State state = std::exchange(state_, state_at_input_);
    bool blank = carried_.empty() || is_space(static_cast<unsigned char>(carried_.back()));
    const std::size_t token_bytes = token_bytes_;
    for (const char c : rest) {
        const auto byte = static_cast<unsigned char>(c);
        const bool in_token = state_ != State::between && step(byte) != Step::token_ended_before;
        if (!in_token) {
            (void)step(byte);
        }
        const bool was_blank = std::exchange(blank, !in_token && is_space(byte));
        if (!blank) {
            carried_.push_back(c);
        } else if (!was_blank) {
            carried_.push_back(' ');
        }
    }
    token_bytes_ = token_bytes;
    state_ = state;
}

/// The token at whose last byte `read` ends; what came earlier has been carried.
std::string MessageFramer::token_text(std::string_view read) const {
    const std::string_view here = read.substr(read.size() - std::min(read.size(), token_bytes_));
    const std::size_t earlier = token_bytes_ - here.size();
    const std::string_view carried = carried_;
    return std::string(carried.substr(carried.size() - earlier)).append(here);
}

void MessageFramer::skip_broken(std::string_view& input) {
    const auto end = std::find_if(input.begin(), input.end(), [](char c) {
        return ends_recovery(static_cast<unsigned char>(c));
    });
    input.remove_prefix(static_cast<std::size_t>(end - input.begin()));
    if (!input.empty()) {
        state_ = State::between;
    }
}

/// Length of the part of a string that no rule looks at.
std::size_t MessageFramer::plain_length(std::string_view rest) const {
    const char quote = state_ == State::double_quoted ? '"' : '\'';
    if (state_ != State::double_quoted && state_ != State::single_quoted) {
        return 0;
    }
    std::size_t length = 0;
    while (length < rest.size() && rest[length] != quote && rest[length] != '\\' &&
           !breaks_string(static_cast<unsigned char>(rest[length]))) {
        ++length;
    }
    return length;
}

std::optional<Error> MessageFramer::check_limits() const {
    if (bytes_ + token_bytes_ > limits::kArgumentBytes) {
        return limit_error("bytes", limits::kArgumentBytes);
    }
    if (tokens_ > limits::kJsonTokens) {
        return limit_error("tokens", limits::kJsonTokens);
    }
    if (braces_ + brackets_ > std::int64_t{limits::kJsonDepth}) {
        return limit_error("levels", limits::kJsonDepth);
    }
    return std::nullopt;
}

std::optional<MessageFramer::Frame> MessageFramer::next(std::string_view& input) {
    returned_ = {};
    if (state_ == State::recovery) {
        skip_broken(input);
    }
    state_at_input_ = state_;
    for (std::size_t at = 0; at < input.size();) {
        if (const std::size_t plain = plain_length(input.substr(at)); plain > 0) {
            token_bytes_ += plain;
            at += plain;
            if (std::optional<Error> error = check_limits()) {
                state_ = State::recovery;
                return fail(input, at, *std::move(error));
            }
            continue;
        }
        const Step outcome = step(static_cast<unsigned char>(input[at]));
        if (outcome != Step::token_ended_before) {
            ++at;
            token_bytes_ += state_ == State::between && outcome == Step::going_on ? 0 : 1;
        }
        if (outcome == Step::broken) {
            state_ = State::recovery;
            return fail(input, at, stray_error(token_text(input.substr(0, at))));
        }
        if (outcome != Step::going_on && count_token(token_first_)) {
            return finish(input, at);
        }
        if (std::optional<Error> error = check_limits()) {
            state_ = outcome == Step::going_on ? State::recovery : state_;
            return fail(input, at, *std::move(error));
        }
    }
    if (braces_ != 0 || brackets_ != 0 || (state_ != State::between && state_ != State::recovery)) {
        carry(input);
    }
    input = {};
    return std::nullopt;
}

}  // namespace net
