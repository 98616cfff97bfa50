// SPDX-License-Identifier: MIT
#include "net/cli/report.h"

#include <cstdio>

#include "net/base/control_characters.h"
#include "net/cli/caret.h"

namespace qnetdev::cli {
namespace {

constexpr std::size_t kShownArgument = 200;
constexpr std::size_t kShownMessage = 2000;

std::string printable(std::string_view text, std::size_t limit) {
    const bool cut = text.size() > limit;
    if (cut) {
        text = text.substr(0, limit);
        // Not in the middle of a UTF-8 sequence.
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) {
            text.remove_suffix(1);
        }
        if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) {
            text.remove_suffix(1);
        }
    }
    const std::string shown = replace_controls(text, '?');
    return cut ? shown + "…" : shown;
}

std::string location(std::string_view option, std::string_view argument) {
    std::string text = std::string(kProgram) + ": ";
    if (!option.empty()) {
        text += std::string(option) + " " + printable(argument, kShownArgument) + ": ";
    }
    return text;
}

std::string message_line(const Error& error) {
    return printable(error.message(), kShownMessage) + "\n";
}

std::string hint_line(const Error& error) {
    return error.hint().empty() ? "" : "hint: " + printable(error.hint(), kShownMessage) + "\n";
}

/// For an error that is about nothing in the argument: the place where what is missing could go,
/// or everything if no single option is to blame.
TextSpan place_of(const Error& error, std::string_view argument) {
    if (error.param().empty()) {
        return {0, argument.size()};
    }
    return {argument.size() - (argument.ends_with('}') ? 1 : 0), 0};
}

/// In order with what was printed, also where both go into one pipe.
void write_error(const std::string& text) {
    (void)fflush(stdout);
    (void)fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

void report_error(std::string_view option, std::string_view argument, const Error& error) {
    const std::string text = location(option, argument) + message_line(error) + hint_line(error);
    write_error(text);
}

void report_finding(const Error& error, std::string_view argument) {
    const std::string text =
        location("", "") + message_line(error) +
        draw_caret(argument, error.span().value_or(place_of(error, argument))) + hint_line(error);
    write_error(text);
}

void report_warning(std::string_view option, std::string_view argument, std::string_view message) {
    const std::string text = location(option, argument) + "warning: " + std::string(message) + "\n";
    write_error(text);
}

void print(std::string_view text) {
    (void)fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace qnetdev::cli
