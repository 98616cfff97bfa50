// SPDX-License-Identifier: MIT
#include "net/cli/line_editor.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <utility>

#include "net/cli/report.h"

namespace qnetdev::cli {
namespace {

constexpr int kHistoryLines = 1000;
constexpr char kEscape = '\033';
constexpr char kEndOfInput = '\004';

/// Bytes of the UTF-8 character that begins so.
std::size_t character_length(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0xC2 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 1;
}

/// Bytes of the key that `input` begins with; 0 if its end has not come yet.
std::size_t key_length(std::string_view input) {
    if (input.empty()) {
        return 0;
    }
    if (input.front() != kEscape) {
        const std::size_t length = character_length(input.front());
        return input.size() < length ? 0 : length;
    }
    if (input.size() < 2) {
        return 0;
    }
    if (input[1] == 'O') {
        return input.size() < 3 ? 0 : 3;
    }
    if (input[1] != '[') {
        return 2;
    }
    for (std::size_t at = 2; at < input.size(); ++at) {
        if (input[at] >= '@' && input[at] <= '~') {
            return at + 1;
        }
    }
    return 0;
}

/// Which key the terminal makes a signal of. Returns the one it was before. Not by libedit, which
/// takes the terminal's keys for its own again and again.
cc_t set_interrupt_key(cc_t key) {
    termios settings = {};
    if (tcgetattr(STDIN_FILENO, &settings) != 0) {
        return _POSIX_VDISABLE;
    }
    const cc_t before = std::exchange(settings.c_cc[VINTR], key);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &settings);
    return before;
}

std::string common_start(const std::vector<std::string>& words) {
    std::string start = words.front();
    for (const std::string& word : words) {
        const auto differs = std::mismatch(start.begin(), start.end(), word.begin(), word.end());
        start.erase(differs.first, start.end());
    }
    return start;
}

}  // namespace

bool LineEditor::is_possible() {
    const char* terminal = getenv("TERM");
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && terminal != nullptr &&
           std::strcmp(terminal, "dumb") != 0;
}

LineEditor::LineEditor(std::string prompt, Handlers handlers)
    : prompt_(std::move(prompt)),
      handlers_(std::move(handlers)),
      editor_((setlocale(LC_CTYPE, ""), el_init("qnetdev", stdin, stdout, stderr)), el_end),
      history_(history_init(), history_end) {
    configure();
}

LineEditor::~LineEditor() {
    if (awake_) {
        sleep();
        print("\n");
    }
}

void LineEditor::configure() {
    EditLine* editor = editor_.get();
    HistEvent event = {};
    (void)history(history_.get(), &event, H_SETSIZE, kHistoryLines);
    (void)history(history_.get(), &event, H_SETUNIQUE, 1);
    (void)el_set(editor, EL_CLIENTDATA, this);
    (void)el_set(editor, EL_EDITOR, "emacs");
    (void)el_set(editor, EL_SIGNAL, 0);
    (void)el_set(editor, EL_PROMPT, &prompt_of);
    (void)el_set(editor, EL_HIST, &history, history_.get());
    (void)el_set(editor, EL_GETCFN, &read_key);
    // Not el_set(), which makes copies of the texts and never frees them.
    (void)el_wset(editor, EL_ADDFN, L"complete", L"complete a word", &on_complete);
    (void)el_set(editor, EL_BIND, "^I", "complete", nullptr);
    // These read further keys themselves, and would wait for them.
    for (const char* key : {"^V", "^Q", "^R", "^S", "^X", "\033x", "\033X"}) {
        (void)el_set(editor, EL_BIND, "-r", key, nullptr);
    }
    for (const char* key : {"\033[1;5C", "\033f"}) {
        (void)el_set(editor, EL_BIND, key, "em-next-word", nullptr);
    }
    for (const char* key : {"\033[1;5D", "\033b"}) {
        (void)el_set(editor, EL_BIND, key, "ed-prev-word", nullptr);
    }
    (void)el_set(editor, EL_BIND, "\033[3~", "ed-delete-next-char", nullptr);
}

char* LineEditor::prompt_of(EditLine* editor) {
    void* self = nullptr;
    (void)el_get(editor, EL_CLIENTDATA, &self);
    return static_cast<LineEditor*>(self)->prompt_.data();
}

void LineEditor::wake() {
    begin_line();
    edit();  // what was typed ahead
}

void LineEditor::begin_line() {
    awake_ = true;
    // Before there is a prompt, behind which nobody expects a signal any more.
    interrupt_key_ = static_cast<char>(set_interrupt_key(_POSIX_VDISABLE));
    (void)el_set(editor_.get(), EL_UNBUFFERED, 1);
}

/// Gives the terminal back as it was.
void LineEditor::sleep() {
    awake_ = false;
    (void)el_set(editor_.get(), EL_UNBUFFERED, 0);
    (void)set_interrupt_key(static_cast<cc_t>(interrupt_key_));
}

bool LineEditor::has_whole_key() const {
    return key_length(input_) > 0;
}

bool LineEditor::on_input() {
    std::array<char, 4096> buffer = {};
    const ssize_t length = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (length <= 0) {
        if (awake_) {
            sleep();
        }
        handlers_.on_end();
        return false;
    }
    input_.append(buffer.data(), static_cast<std::size_t>(length));
    if (awake_) {
        edit();
    }
    return awake_ && !input_.empty() && !has_whole_key();
}

/// libedit asks for a key, and gets the next that was typed: it never reads itself.
int LineEditor::read_key(EditLine* editor, wchar_t* key) {
    void* client = nullptr;
    (void)el_get(editor, EL_CLIENTDATA, &client);
    std::string& input = static_cast<LineEditor*>(client)->input_;
    while (!input.empty()) {
        std::mbstate_t state = {};
        const std::size_t length = std::mbrtowc(key, input.data(), input.size(), &state);
        if (length == static_cast<std::size_t>(-2)) {
            return 0;  // the rest of a character is missing
        }
        if (length != static_cast<std::size_t>(-1)) {
            input.erase(0, std::max<std::size_t>(length, 1));
            return 1;
        }
        input.erase(0, 1);  // no character in this locale
    }
    return 0;
}

/// Feeds libedit key by key: in unbuffered mode it returns after each.
void LineEditor::edit() {
    while (awake_ && has_whole_key()) {
        const LineInfo* line = el_line(editor_.get());
        if (input_.front() == kEndOfInput && line->lastchar == line->buffer) {
            input_.erase(0, 1);
            sleep();
            print("\n");
            return handlers_.on_end();
        }
        if (interrupt_key_ != '\0' && input_.front() == interrupt_key_) {
            input_.erase(0, 1);
            interrupt();
            continue;
        }
        int count = 0;
        const char* text = el_gets(editor_.get(), &count);
        if (text != nullptr && count > 0 && (text[count - 1] == '\n' || text[count - 1] == '\r')) {
            return end_line({text, static_cast<std::size_t>(count) - 1});
        }
    }
}

/// Ends the line without executing it.
void LineEditor::interrupt() {
    const LineInfo* line = el_line(editor_.get());
    const bool was_empty = line->lastchar == line->buffer;
    sleep();
    print("^C\n");
    if (was_empty && handlers_.on_interrupt) {
        handlers_.on_interrupt();
    }
    begin_line();
}

void LineEditor::remember(const std::string& line) {
    HistEvent event = {};
    (void)history(history_.get(), &event, H_ENTER, line.c_str());
}

void LineEditor::end_line(std::string line) {
    sleep();
    if (line.find_first_not_of(" \t") != line.npos) {
        remember(line);
    }
    handlers_.on_line(std::move(line));
}

void LineEditor::print(std::string_view text) {
    if (!awake_) {
        cli::print(text);
        (void)fflush(stdout);
        return;
    }
    cli::print("\r\033[K");
    cli::print(text);
    (void)fflush(stdout);
    (void)el_set(editor_.get(), EL_REFRESH, nullptr);
}

unsigned char LineEditor::on_complete(EditLine* editor, int /*key*/) {
    void* client = nullptr;
    (void)el_get(editor, EL_CLIENTDATA, &client);
    auto* self = static_cast<LineEditor*>(client);
    const LineInfo* line = el_line(editor);
    const std::string_view text(line->buffer,
                                static_cast<std::size_t>(line->cursor - line->buffer));
    const std::vector<std::string> fitting = self->handlers_.complete(text);
    if (fitting.empty()) {
        return CC_ERROR;
    }
    const std::size_t blank = text.find_last_of(" \t");
    const std::size_t typed = blank == text.npos ? text.size() : text.size() - blank - 1;
    std::string more = common_start(fitting).substr(typed);
    // A word that goes on behind its name is not finished by a blank.
    if (fitting.size() == 1 &&
        (fitting.front().empty() || !std::strchr("=.,", fitting[0].back()))) {
        more.push_back(' ');
    }
    if (more.empty()) {
        self->show(fitting);
        return CC_REDISPLAY;
    }
    return el_insertstr(editor, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
}

void LineEditor::show(const std::vector<std::string>& candidates) {
    std::string list = "\n";
    for (const std::string& candidate : candidates) {
        list += candidate + "  ";
    }
    cli::print(list + "\n");
    (void)fflush(stdout);
}

}  // namespace qnetdev::cli
