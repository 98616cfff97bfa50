// SPDX-License-Identifier: MIT
#pragma once

#include <histedit.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"

namespace qnetdev::cli {

/// Line editing with history and completion on the standard streams, by libedit; never waits.
///
/// While it is awake the terminal is in the mode that editing needs. Destruction gives the
/// terminal back as it was.
class LineEditor {
public:
    struct Handlers {
        /// A line was ended. The editor is asleep then: call wake() for the next.
        std::function<void(std::string line)> on_line = {};
        /// The user typed ^D on an empty line, or the terminal is gone. The editor is asleep.
        std::function<void()> on_end = {};
        /// The user typed ^C on an empty line; elsewhere that clears the line. The editor is
        /// asleep, and wakes up again afterwards.
        std::function<void()> on_interrupt = {};
        /// What the last word of the text before the cursor can become.
        std::function<std::vector<std::string>(std::string_view text)> complete = {};
    };

    /// Whether the standard streams are a terminal that lines can be edited on.
    static bool is_possible();

    LineEditor(std::string prompt, Handlers handlers);
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;
    ~LineEditor();

    /// Shows the prompt and edits a line.
    void wake();
    bool is_awake() const { return awake_; }
    /// Call it when standard input can be read. True if some bytes wait for the rest of a key,
    /// which may not come: call drop_partial_key() if nothing could be read for kKeyTime.
    bool on_input();
    void drop_partial_key() { input_.clear(); }
    /// Adds a line to the history, as if it had been typed.
    void remember(const std::string& line);
    /// Prints lines above the one that is being edited.
    void print(std::string_view text);

    /// How long the bytes of one key may take to come in.
    static constexpr std::chrono::milliseconds kKeyTime{100};

private:
    static int read_key(EditLine* editor, wchar_t* key);
    static unsigned char on_complete(EditLine* editor, int key);
    static char* prompt_of(EditLine* editor);

    void configure();
    bool has_whole_key() const;
    void begin_line();
    void edit();
    void interrupt();
    void end_line(std::string line);
    void sleep();
    void show(const std::vector<std::string>& candidates);

    std::string prompt_;
    Handlers handlers_;
    std::string input_ = {};  ///< Typed, and not yet taken by libedit.
    std::unique_ptr<EditLine, decltype(&el_end)> editor_;
    std::unique_ptr<History, decltype(&history_end)> history_;
    bool awake_ = false;
    /// The key that interrupts, ^C unless the user chose another; 0: none. It is a key like any
    /// other while a line is edited, and a signal while one is executed.
    char interrupt_key_ = '\0';
};

}  // namespace qnetdev::cli
