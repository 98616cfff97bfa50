// SPDX-License-Identifier: MIT
#include "net/cli/report.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "net/base/control_characters.h"
#include "net/options/describe.h"

namespace qnetdev::cli {
namespace {

constexpr std::size_t kShownArgument = 200;
constexpr std::size_t kShownMessage = 2000;

/// Colours, or nothing where they would not be seen as such.
struct Style {
    std::string_view bold = {};
    std::string_view mark = {};
    std::string_view hint = {};
    std::string_view warning = {};
    std::string_view plain = {};
};

/// Asks of character devices only, so that a pipe costs no call that a terminal answers.
bool is_terminal(int fd) {
    struct stat status = {};
    return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && isatty(fd) == 1;
}

std::string_view environment(const char* name) {
    const char* value = getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? std::string_view() : value;
}

/// As https://no-color.org has it.
Style stderr_style() {
    const std::string_view terminal = environment("TERM");
    if (!is_terminal(STDERR_FILENO) || !environment("NO_COLOR").empty() || terminal.empty() ||
        terminal == "dumb") {
        return {};
    }
    return {"\x1b[1m", "\x1b[1;31m", "\x1b[36m", "\x1b[1;33m", "\x1b[0m"};
}

std::string paint(std::string_view colour, std::string_view text, const Style& style) {
    return std::string(colour).append(text).append(style.plain);
}

std::string program_name(const Style& style) {
    return paint(style.bold, std::string(kProgram) + ":", style) + " ";
}

std::string location(std::string_view option, std::string_view argument) {
    return option.empty()
               ? ""
               : std::string(option) + " " + printable_start(argument, kShownArgument) + ": ";
}

std::string message_line(const Error& error) {
    return printable_start(error.message(), kShownMessage) + "\n";
}

std::string caret_lines(std::string_view argument, TextSpan span, const Style& style) {
    const Caret caret = draw_caret(argument, span);
    const std::size_t blanks = std::min(caret.marks.find_first_not_of(' '), caret.marks.size());
    return caret.argument + "\n" + caret.marks.substr(0, blanks) +
           paint(style.mark, caret.marks.substr(blanks), style) + "\n";
}

std::string hint_line(const Error& error, const Style& style) {
    return error.hint().empty() ? ""
                                : paint(style.hint, "hint:", style) + " " +
                                      printable_start(error.hint(), kShownMessage) + "\n";
}

/// In order with what was printed, also where both go into one pipe.
void write_error(const std::string& text) {
    (void)fflush(stdout);
    (void)fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

void report_error(std::string_view option, std::string_view argument, const Error& error) {
    const Style style = stderr_style();
    write_error(program_name(style) + location(option, argument) + message_line(error) +
                hint_line(error, style));
}

void report_finding(const Error& error, std::string_view argument) {
    const Style style = stderr_style();
    write_error(program_name(style) + message_line(error) +
                caret_lines(argument, place_of(error, argument), style) + hint_line(error, style));
}

void report_warning(std::string_view option, std::string_view argument, std::string_view message) {
    const Style style = stderr_style();
    write_error(program_name(style) + location(option, argument) +
                paint(style.warning, "warning:", style) + " " +
                printable_start(message, kShownMessage) + "\n");
}

void report_warning(const Error& warning, std::string_view argument) {
    const Style style = stderr_style();
    write_error(program_name(style) + paint(style.warning, "warning:", style) + " " +
                message_line(warning) + caret_lines(argument, place_of(warning, argument), style) +
                hint_line(warning, style));
}

std::optional<std::size_t> terminal_width() {
    constexpr std::size_t kUsual = 80;
    winsize size = {};
    if (!is_terminal(STDOUT_FILENO)) {
        return std::nullopt;
    }
    const bool told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return told ? size.ws_col : kUsual;
}

void print(std::string_view text) {
    const bool steers = is_terminal(STDOUT_FILENO);
    const std::string shown = steers ? replace_controls(text, '?', "\n\t") : std::string(text);
    (void)fwrite(shown.data(), 1, shown.size(), stdout);
}

}  // namespace qnetdev::cli
