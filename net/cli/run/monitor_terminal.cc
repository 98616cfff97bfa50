// SPDX-License-Identifier: MIT
#include "net/cli/run/monitor_terminal.h"

#include <unistd.h>

#include <string>
#include <utility>

namespace qnetdev::cli {
namespace {

/// A terminal makes CR LF of LF itself.
std::string for_terminal(std::string text) {
    std::erase(text, '\r');
    return text;
}

}  // namespace

Result<std::unique_ptr<MonitorTerminal>> MonitorTerminal::start(EventLoop& loop,
                                                                NetMonitor& monitor) {
    std::unique_ptr<MonitorTerminal> terminal(new MonitorTerminal(loop, monitor));
    MonitorTerminal* self = terminal.get();
    self->watch_ = NET_TRY(FdWatch::create(loop, STDIN_FILENO, fd_readable,
                                           [self](unsigned) { self->on_readable(); }));
    self->editor_.print(monitor.human_banner() + "\n");
    self->editor_.wake();
    return terminal;
}

MonitorTerminal::MonitorTerminal(EventLoop& loop, NetMonitor& monitor)
    : loop_(loop),
      monitor_(monitor),
      editor_(
          "(qemu) ",
          {.on_line = [this](const std::string& line) { execute(line); },
           .on_end = [this] { end(); },
           .on_interrupt = [this] { editor_.print("quit ends the program\n"); },
           .complete = [this](std::string_view text) { return monitor_.complete_human(text); }}) {}

/// The terminal is the shell's again, so that ^C there is a signal.
void MonitorTerminal::end() {
    watch_.reset();
    editor_.print("This monitor is closed, and the program goes on: ^C or `kill " +
                  std::to_string(getpid()) + "` ends it.\n");
}

void MonitorTerminal::on_readable() {
    key_timer_.reset();
    if (editor_.on_input()) {
        key_timer_ = Timer(loop_, LineEditor::kKeyTime, [this] { editor_.drop_partial_key(); });
    }
    update_watch();
}

/// Nothing is read while a line is being executed: it stays in the terminal.
void MonitorTerminal::update_watch() {
    if (watch_) {
        (void)watch_.set_events(editor_.is_awake() ? fd_readable : fd_none);
    }
}

void MonitorTerminal::execute(const std::string& line) {
    const std::weak_ptr<MonitorTerminal*> weak = self_;
    monitor_.execute_human(line, [weak](const HumanOutput& output) {
        const std::shared_ptr<MonitorTerminal*> self = weak.lock();
        if (!self) {
            return;
        }
        MonitorTerminal& terminal = **self;
        terminal.editor_.print(for_terminal(output.text));
        if (!output.last) {
            terminal.editor_.wake();
            terminal.update_watch();
        }
    });
}

}  // namespace qnetdev::cli
