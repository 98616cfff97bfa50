// SPDX-License-Identifier: MIT
#include "net/monitor/wire/message_framer.h"

#include <algorithm>
#include <utility>

#include "net/base/limits.h"
#include "qapi/utf8.h"

namespace qnetdev {
namespace {

/// Bytes of a broken token that an error message shows.
constexpr std::size_t kShownBytes = 60;

/// Where reading resumes after an error.
bool ends_recovery(unsigned char byte) {
    return qapi::is_json_structural(byte) || (byte < 0x20 && byte != '\t') || byte >= 0xfe;
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
    qapi::JsonLexer lexer = lexer_at_input_;
    bool blank =
        carried_.empty() || qapi::is_json_space(static_cast<unsigned char>(carried_.back()));
    for (const char c : rest) {
        const auto byte = static_cast<unsigned char>(c);
        const bool in_token = !lexer.is_between() && lexer.step(byte) != Step::token_ended_before;
        if (!in_token) {
            (void)lexer.step(byte);
        }
        const bool was_blank = std::exchange(blank, !in_token && qapi::is_json_space(byte));
        if (!blank) {
            carried_.push_back(c);
        } else if (!was_blank) {
            carried_.push_back(' ');
        }
    }
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
        recovering_ = false;
        lexer_ = {};
    }
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
    if (recovering_) {
        skip_broken(input);
    }
    lexer_at_input_ = lexer_;
    for (std::size_t at = 0; at < input.size();) {
        if (const std::size_t plain = lexer_.plain_length(input.substr(at)); plain > 0) {
            token_bytes_ += plain;
            at += plain;
            if (std::optional<Error> error = check_limits()) {
                recovering_ = true;
                return fail(input, at, *std::move(error));
            }
            continue;
        }
        const bool was_between = lexer_.is_between();
        const Step outcome = lexer_.step(static_cast<unsigned char>(input[at]));
        if (was_between) {
            token_bytes_ = 0;
        }
        if (outcome != Step::token_ended_before) {
            ++at;
            token_bytes_ += outcome == Step::going_on && lexer_.is_between() ? 0 : 1;
        }
        if (outcome == Step::broken || outcome == Step::broken_escape) {
            recovering_ = true;
            return fail(input, at, stray_error(token_text(input.substr(0, at))));
        }
        if (outcome != Step::going_on && count_token(lexer_.first())) {
            return finish(input, at);
        }
        if (std::optional<Error> error = check_limits()) {
            recovering_ |= outcome == Step::going_on;
            return fail(input, at, *std::move(error));
        }
    }
    if (braces_ != 0 || brackets_ != 0 || !(recovering_ || lexer_.is_between())) {
        carry(input);
    }
    input = {};
    return std::nullopt;
}

}  // namespace qnetdev
