// SPDX-License-Identifier: MIT
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/base/control_characters.h"
#include "net/cli/arguments.h"
#include "net/cli/command.h"
#include "net/cli/json_text.h"
#include "net/cli/line_editor.h"
#include "net/cli/monitor/client_line.h"
#include "net/cli/monitor/client_names.h"
#include "net/cli/monitor/client_schema.h"
#include "net/cli/monitor/history_file.h"
#include "net/cli/monitor/qmp_client.h"
#include "net/cli/report.h"
#include "net/cli/run/monitor_address.h"
#include "net/cli/signals.h"
#include "qapi/suggest.h"

namespace qnetdev::cli {
namespace {

struct MonitorOptions {
    std::string address = {};  ///< As parse_monitor_address() takes it.
    std::vector<std::string> lines = {};
    int timeout_seconds = 30;
};

/// What came of a line.
enum class Outcome { done, failed, ended };

/// A text of the monitor, harmless to a terminal.
std::string plain(std::string_view text) {
    std::string shown = replace_controls(text, '?', "\n\r\t");
    std::erase(shown, '\r');
    return shown.empty() || shown.ends_with('\n') ? shown : shown + "\n";
}

/// A name of the monitor's schema. It has no control characters, unless somebody means harm.
std::string plain_name(std::string_view name) {
    return replace_controls(name, '?');
}

/// One connection and the person, or script, that uses it.
class Client {
public:
    explicit Client(MonitorOptions options) : options_(std::move(options)) {}

    int run();

private:
    bool is_interactive() const { return options_.lines.empty() && LineEditor::is_possible(); }
    Result<void> connect();
    int run_script();
    int run_interactively();
    Outcome execute(const std::string& line);
    Outcome show_answer(const std::string& command, const Json& answer);
    void help(const std::string& words);
    std::string hint_at_command(const std::string& name) const;
    void show_event(std::string_view json);
    bool await_key();
    std::unique_ptr<LineEditor> make_editor();
    std::vector<std::string> complete(std::string_view text);
    std::vector<std::string> names_for(const std::string& command, const std::string& key);

    MonitorOptions options_;
    UniqueFd signals_ = {};
    std::unique_ptr<QmpClient> client_ = {};
    ClientSchema schema_ = {};
    std::unique_ptr<LineEditor> editor_ = {};
    HistoryFile history_ = {};
    bool partial_key_ = false;
    bool ended_ = false;
    int status_ = exit_done;
};

Result<void> Client::connect() {
    if (is_interactive()) {
        signals_ = NET_TRY(signals_as_fd());
    }
    const MonitorAddress address = NET_TRY(parse_monitor_address(options_.address));
    MonitorSocket socket = NET_TRY(open_monitor_socket(address));
    client_ = NET_TRY(QmpClient::start(
        std::move(socket.fd), {.timeout = std::chrono::seconds(options_.timeout_seconds),
                               .cancel_fd = signals_.get(),
                               .on_event = [this](std::string_view json) { show_event(json); }}));
    const std::string query = write_json({{"execute", "query-qmp-schema"}});
    const Json answer = NET_TRY(client_->execute(query, {}));
    if (const auto list = answer.find("return"); list != answer.end()) {
        schema_ = ClientSchema::read(*list);
    }
    return {};
}

int Client::run() {
    if (const Result<void> connected = connect(); !connected) {
        report_error("", "", connected.error());
        return exit_failed;
    }
    return is_interactive() ? run_interactively() : run_script();
}

/// Ends with the first line that fails.
int Client::run_script() {
    const bool from_input = options_.lines.empty();
    std::string line;
    for (std::size_t next = 0;;) {
        if (from_input ? !std::getline(std::cin, line) : next == options_.lines.size()) {
            return exit_done;
        }
        const Outcome outcome = execute(from_input ? line : options_.lines[next++]);
        if (outcome != Outcome::done || fflush(stdout) != 0) {
            return outcome == Outcome::failed ? exit_failed : exit_done;
        }
    }
}

Outcome Client::execute(const std::string& line) {
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start == line.npos || line[start] == '#') {
        return Outcome::done;
    }
    const std::string word = line.substr(start, line.find_first_of(" \t\r", start) - start);
    if (word == "exit") {
        return Outcome::ended;
    }
    if (word == "help") {
        help(line.substr(start + word.size()));
        return Outcome::done;
    }
    Result<ClientMessage> message = read_client_line(schema_, line);
    if (!message) {
        report_error("", "", message.error());
        return Outcome::failed;
    }
    const Result<Json> answer = client_->execute(message->json, message->fds);
    if (!answer) {
        report_error("", "", answer.error());
        ended_ = true;
        return Outcome::failed;
    }
    return show_answer(message->command, *answer);
}

Outcome Client::show_answer(const std::string& command, const Json& answer) {
    if (!answer.is_object()) {
        report_error("", "", Error("the monitor's answer cannot be read"));
        return Outcome::failed;
    }
    if (const auto value = answer.find("return"); value != answer.end()) {
        print(value->is_string() ? plain(value->get<std::string>()) : write_json(*value, 4) + "\n");
        return Outcome::done;
    }
    const Json error = answer.value("error", Json());
    const bool has_desc = error.contains("desc") && error["desc"].is_string();
    const std::string what = command.empty() ? command : command + ": ";
    Error failure(what + (has_desc ? error["desc"].get<std::string>() : write_json(answer)));
    if (error.is_object() && error.value("class", Json()) == "CommandNotFound") {
        failure = std::move(failure).with_hint(hint_at_command(command));
    }
    report_error("", "", failure);
    return Outcome::failed;
}

std::string Client::hint_at_command(const std::string& name) const {
    const std::vector<std::string> names = schema_.command_names();
    const std::vector<std::string_view> views(names.begin(), names.end());
    const std::string hint = qapi::did_you_mean(qapi::nearest(name, views));
    return hint.empty() && !names.empty() ? "help lists the commands" : hint;
}

void Client::help(const std::string& words) {
    const std::size_t start = words.find_first_not_of(" \t");
    if (start == words.npos) {
        for (const std::string& name : schema_.command_names()) {
            print(plain_name(name) + "\n");
        }
        return print("\nhelp COMMAND lists a command's arguments; exit or ^D leaves.\n");
    }
    const std::string name = words.substr(start, words.find_first_of(" \t\r", start) - start);
    const ClientSchema::Entry* command = schema_.find_command(name);
    if (command == nullptr) {
        return report_error(
            "", "",
            Error("the monitor has no command '" + name + "'").with_hint(hint_at_command(name)));
    }
    print(plain_name(name) + "\n");
    const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
    for (const auto& member : schema_.members(command->type, "", nothing)) {
        print("  " + plain_name(member.name) + "=" + plain_name(schema_.describe(member.type)) +
              (member.optional ? "  (optional)" : "") + "\n");
    }
    if (const ClientSchema::Entry* type = schema_.find(command->type);
        type != nullptr && !type->tag.empty()) {
        print("  and what belongs to the value of " + plain_name(type->tag) + "\n");
    }
}

/// Above the line that is being edited; for scripts apart from the answers.
void Client::show_event(std::string_view json) {
    if (editor_) {
        editor_->print(plain(json));
    } else {
        (void)fprintf(stderr, "%s", plain(json).c_str());
    }
}

/// Of what exists; nothing if the monitor does not tell soon.
std::vector<std::string> Client::names_for(const std::string& command, const std::string& key) {
    constexpr std::chrono::milliseconds kPatience(1000);
    const NameQuery query = query_for_names(schema_, command, key);
    if (query.message.empty()) {
        return {};
    }
    const Result<Json> answer = client_->ask(query.message, kPatience);
    return answer ? names_in_answer(query, *answer) : std::vector<std::string>();
}

std::vector<std::string> Client::complete(std::string_view text) {
    const auto names = [this](const std::string& command, const std::string& key) {
        return names_for(command, key);
    };
    std::vector<std::string> all = complete_client_line(schema_, text, names);
    if (text.find(' ') == text.npos) {
        for (const char* own : {"exit", "help"}) {
            if (std::string_view(own).starts_with(text)) {
                all.emplace_back(own);
            }
        }
    }
    std::erase_if(all, [](const std::string& word) { return plain_name(word) != word; });
    return all;
}

std::unique_ptr<LineEditor> Client::make_editor() {
    const auto execute_line = [this](const std::string& line) {
        history_.append(line);
        ended_ = execute(line) == Outcome::ended || ended_;
        (void)fflush(stdout);
        if (!ended_) {
            editor_->wake();
        }
    };
    return std::make_unique<LineEditor>(
        "(qmp) ",
        LineEditor::Handlers{.on_line = execute_line,
                             .on_end = [this] { ended_ = true; },
                             .on_interrupt = [this] { editor_->print("exit or ^D leaves\n"); },
                             .complete = [this](std::string_view text) { return complete(text); }});
}

int Client::run_interactively() {
    print("Connected. Type a command, `help`, or `exit`; Tab completes.\n");
    editor_ = make_editor();
    history_ = HistoryFile::of_user();
    for (const std::string& line : history_.read()) {
        editor_->remember(line);
    }
    (void)fflush(stdout);
    editor_->wake();
    while (!ended_ && await_key()) {
    }
    editor_.reset();
    return status_;
}

/// Handles what comes next: a key, an event, or the end.
bool Client::await_key() {
    std::array<pollfd, 3> entries = {
        {{STDIN_FILENO, POLLIN, 0}, {client_->fd(), POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
    const int wait = partial_key_ ? static_cast<int>(LineEditor::kKeyTime.count()) : -1;
    const int ready = poll(entries.data(), entries.size(), wait);
    if (ready == 0) {
        editor_->drop_partial_key();
        partial_key_ = false;
    }
    if (ready <= 0) {
        return true;
    }
    if (entries[2].revents != 0) {
        return false;
    }
    if (entries[1].revents != 0) {
        if (const Result<void> outcome = client_->read_events(); !outcome) {
            editor_.reset();  // gives the terminal back before anything is printed
            report_error("", "", outcome.error());
            status_ = exit_failed;
            return false;
        }
    }
    if (entries[0].revents != 0) {
        partial_key_ = editor_->on_input();
    }
    return true;
}

/// As parse_monitor_address() takes it; in that, a comma is doubled.
std::string unix_address_of(std::string_view path) {
    std::string address = "unix:";
    for (const char byte : path) {
        address.append(byte == ',' ? 2 : 1, byte);
    }
    return address;
}

/// Takes the first word that is neither an option nor the value of one, wherever it stands.
std::optional<std::string_view> take_path(std::vector<std::string_view>& words) {
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (!word->starts_with('-')) {
            const std::string_view path = *word;
            words.erase(word);
            return path;
        }
        // All options take values.
        if (word->find('=') == word->npos && ++word == words.end()) {
            break;
        }
    }
    return std::nullopt;
}

Result<MonitorOptions> parse_options(Words given) {
    MonitorOptions options;
    std::vector<std::string_view> words(given.begin(), given.end());
    if (const std::optional<std::string_view> path = take_path(words)) {
        options.address = unix_address_of(*path);
    }
    std::vector<OptionSpec> specs;
    specs.push_back({"--tcp", true, [&options](std::string_view value) -> Result<void> {
                         options.address = "tcp:" + std::string(value);
                         return {};
                     }});
    specs.push_back({"--exec", true, [&options](std::string_view value) -> Result<void> {
                         options.lines.emplace_back(value);
                         return {};
                     }});
    specs.push_back({"--timeout", true, [&options](std::string_view value) -> Result<void> {
                         options.timeout_seconds = NET_TRY(parse_seconds("--timeout", value));
                         return {};
                     }});
    NET_TRY(parse_arguments(words, specs));
    if (options.address.empty()) {
        return Error("no monitor given")
            .with_stage(Stage::parse)
            .with_hint("name the path of its socket, or --tcp HOST:PORT");
    }
    return options;
}

int run_monitor(Words words, const InheritedSignals& /*inherited*/) {
    Result<MonitorOptions> options = parse_options(words);
    if (!options) {
        report_error("", "", options.error());
        return exit_usage;
    }
    return Client(*std::move(options)).run();
}

}  // namespace

const Command kMonitorCommand = {
    "monitor", "talk to a QMP monitor, of ours or of QEMU",
    "usage: qnetdev monitor PATH [--exec LINE]... [--timeout SECONDS]\n"
    "       qnetdev monitor --tcp HOST:PORT [...]\n"
    "\n"
    "Connects to the QMP monitor of `qnetdev run` or of QEMU. On a terminal, lines are edited and\n"
    "Tab completes what the monitor's own schema tells. Otherwise lines are read from standard\n"
    "input up to the first that fails.\n"
    "\n"
    "  --exec LINE        execute this line instead; may be repeated\n"
    "  --tcp HOST:PORT    connect to this address\n"
    "  --timeout SECONDS  how long an answer may take (default: 30)\n"
    "\n"
    "A line is a message in JSON, or a command with its arguments:\n"
    "\n"
    "  netdev_add type=tap id=n0 fds=a:b vhost=off\n"
    "  announce-self initial=50 max=550 rounds=5 step=100 interfaces=c0 interfaces=c1\n"
    "  getfd fdname=a @3\n"
    "\n"
    "KEY=VALUE is typed by the schema; dots lead into objects (addr.type=inet), a key that is\n"
    "repeated fills a list, and VALUE may be JSON. Where a command needs only one thing more, its\n"
    "VALUE alone will do (netdev_del n0). @NUMBER sends along a descriptor that the client has\n"
    "inherited, @/PATH a file that it opens. `help [COMMAND]` and `exit` are the client's own.\n"
    "Tab also completes names of what exists, and ^C clears the line. Lines that were typed are\n"
    "kept in ~/.local/state/qnetdev/monitor_history, but for those that begin with a blank.\n"
    "\n"
    "Answers go to standard output, events and errors of scripts to standard error.\n"
    "\n"
    "Exit status: 0 all was executed, 1 a line failed or there is no monitor, 2 wrong usage.\n",
    run_monitor};

}  // namespace qnetdev::cli
