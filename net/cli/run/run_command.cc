// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <glib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/base/shell_quote.h"
#include "net/cli/command.h"
#include "net/cli/report.h"
#include "net/cli/run/monitor_terminal.h"
#include "net/cli/run/run_options.h"
#include "net/cli/run/service.h"
#include "net/cli/signals.h"
#include "net/glib_event_loop.h"
#include "net/monitor.h"
#include "net/netdev.h"

namespace qnetdev::cli {
namespace {

/// What an error message is about.
struct Failure {
    std::string_view option;  ///< Empty for a netdev.
    std::string text;
    Error error;
};

/// A descriptor that can be read as soon as one of the two can.
Result<UniqueFd> any_of_both(int one, int other) {
    UniqueFd both(epoll_create1(EPOLL_CLOEXEC));
    epoll_event readable = {};
    readable.events = EPOLLIN;
    if (!both || epoll_ctl(both.get(), EPOLL_CTL_ADD, one, &readable) != 0 ||
        epoll_ctl(both.get(), EPOLL_CTL_ADD, other, &readable) != 0) {
        return Error::from_errno(errno, "epoll");
    }
    return both;
}

/// The program from the first socket to the last interface; everything is undone in reverse.
class Run {
public:
    explicit Run(RunOptions options) : options_(std::move(options)) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run();

    int run();

private:
    Result<void> prepare();
    Result<void> add_fds();
    std::optional<Failure> open_monitors();
    Result<void> open_monitor(const MonitorArgument& argument);
    Result<void> adopt_passed_sockets();
    std::optional<Failure> set_up_netdevs();
    Result<void> announce_ready();
    bool is_to_end() const { return stopping_ || signal_arrived(signals_); }
    void stop();
    void iterate() { (void)g_main_context_iteration(nullptr, TRUE); }
    int fail(const Failure& failure);

    RunOptions options_;
    Daemon daemon_ = {};
    std::vector<PassedSocket> passed_ = {};
    std::vector<OwnFile> socket_files_ = {};
    std::optional<OwnFile> pidfile_ = {};
    UniqueFd signals_ = {};
    UniqueFd stop_fd_ = {};  ///< Readable once a client has said quit.
    UniqueFd cancel_ = {};   ///< Readable once the program is to end: scripts are given up.
    std::unique_ptr<EventLoop> loop_ = {};
    std::unique_ptr<NetContext> context_ = {};
    std::unique_ptr<NetMonitor> monitor_ = {};
    bool wants_terminal_ = false;
    std::unique_ptr<MonitorTerminal> terminal_ = {};
    FdWatch signal_watch_ = {};
    /// Not g_main_context_iteration(), which wakes itself up twice for each command.
    GMainLoop* main_loop_ = g_main_loop_new(nullptr, FALSE);
    bool stopping_ = false;
};

Run::~Run() {
    notify_service_manager("STOPPING=1");
    terminal_.reset();
    monitor_.reset();
    if (context_) {
        net_cleanup(*context_, {.exclusive = true});
    }
    socket_files_.clear();
    g_main_loop_unref(main_loop_);
}

void Run::stop() {
    stopping_ = true;
    g_main_loop_quit(main_loop_);
    const std::uint64_t one = 1;
    (void)!write(stop_fd_.get(), &one, sizeof one);
}

Result<void> Run::prepare() {
    passed_ = NET_TRY(passed_sockets());
    if (options_.daemonize) {
        daemon_ = NET_TRY(Daemon::start());
    }
    if (!options_.pidfile.empty()) {
        OwnFile file = NET_TRY(make_pid_file(options_.pidfile));
        pidfile_.emplace(std::move(file));
    }
    signals_ = NET_TRY(signals_as_fd());
    stop_fd_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop_fd_) {
        return Error::from_errno(errno, "eventfd");
    }
    cancel_ = NET_TRY(any_of_both(signals_.get(), stop_fd_.get()));
    loop_ = NET_TRY(glib_event_loop(nullptr));
    NetContextOptions settings;
    settings.log = stderr_log(kProgram, options_.verbose ? LogLevel::debug : LogLevel::warning);
    settings.trace = tool_trace(options_.trace);
    settings.script_timeout = std::chrono::seconds(options_.timeout_seconds);
    settings.exclusive_interfaces = true;
    settings.cancel_fd = cancel_.get();
    context_ = net_context_create(*loop_, std::move(settings));
    monitor_ =
        std::make_unique<NetMonitor>(*context_, NetMonitorOptions{.name = options_.name,
                                                                  .start_stopped = options_.stopped,
                                                                  .on_quit = [this] { stop(); }});
    signal_watch_ = NET_TRY(FdWatch::create(*loop_, signals_.get(), fd_readable, [this](unsigned) {
        signal_watch_.reset();  // it stays readable
        monitor_->announce_shutdown(ShutdownReason::signal);
        stop();
    }));
    return {};
}

Result<void> Run::add_fds() {
    for (const AddFdArgument& argument : options_.fds) {
        NET_TRY(check_inherited(argument.fd));
        UniqueFd copy(fcntl(argument.fd, F_DUPFD_CLOEXEC, 3));
        if (!copy) {
            return Error::from_errno(errno, "-add-fd fd=" + std::to_string(argument.fd));
        }
        NET_TRY(monitor_->add_fd(argument.set, argument.opaque, std::move(copy)));
    }
    return {};
}

/// Somebody on a terminal should know why nothing happens, and what would make it go on.
void tell_that_it_waits(const MonitorArgument& argument) {
    const MonitorAddress& address = argument.address;
    std::string hint = "wait=off in the address goes on without one";
    if (const auto* place = std::get_if<MonitorAddress::Unix>(&address.place);
        place != nullptr && !argument.human) {
        hint += "; qnetdev monitor " + shell_quote(std::array{place->path}) + " is one";
    }
    report_error(argument.option, address.text,
                 Error("waiting for a client, and setting nothing up before").with_hint(hint));
}

/// To connect is what an address means that does not say otherwise, and seldom what is meant.
Error hint_at_server(Error error, const MonitorAddress& address) {
    const bool connects =
        !address.server && (error.errnum() == ENOENT || error.errnum() == ECONNREFUSED);
    const bool says = address.text.find(",server=") != std::string::npos ||
                      address.text.find(",wait=") != std::string::npos;
    if (!connects || says || !error.hint().empty()) {
        return error;
    }
    return std::move(error).with_hint("to listen there: " +
                                      shell_quote(address.text + ",server=on,wait=off"));
}

Result<void> Run::open_monitor(const MonitorArgument& argument) {
    const MonitorAddress& address = argument.address;
    MonitorAccess access{
        .name = address.text,
        .pretty = address.pretty,
        .human = argument.human,
        .uids = address.uids,
        .own_users = !address.server && std::holds_alternative<MonitorAddress::Unix>(address.place),
        .any_user = address.any_user};
    if (std::holds_alternative<MonitorAddress::Stdio>(address.place)) {
        if (argument.human && LineEditor::is_possible()) {
            wants_terminal_ = true;  // once everything is set up
            return {};
        }
        UniqueFd input(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
        UniqueFd output(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
        if (!input || !output) {
            return Error::from_errno(errno, "standard input and output");
        }
        return monitor_->serve(std::move(input), std::move(output), std::move(access));
    }
    Result<MonitorSocket> opened = open_monitor_socket(address);
    if (!opened) {
        return hint_at_server(std::move(opened).error(), address);
    }
    MonitorSocket socket = *std::move(opened);
    if (socket.file) {
        socket_files_.push_back(*std::move(socket.file));
    }
    return socket.listens ? monitor_->listen(std::move(socket.fd), std::move(access))
                          : monitor_->serve(std::move(socket.fd), std::move(access));
}

/// Sockets that a service manager listens on for us; "monitor" names one for humans.
Result<void> Run::adopt_passed_sockets() {
    for (PassedSocket& passed : passed_) {
        MonitorAccess access{.name = passed.name.empty() ? "passed socket" : passed.name,
                             .human = passed.name == "monitor"};
        NET_TRY(monitor_->listen(std::move(passed.fd), std::move(access)));
    }
    return {};
}

std::optional<Failure> Run::open_monitors() {
    bool waits = false;
    for (const MonitorArgument& argument : options_.monitors) {
        const Result<void> opened = open_monitor(argument);
        if (!opened) {
            return Failure{argument.option, argument.address.text, opened.error()};
        }
        if (argument.address.server && argument.address.wait) {
            waits = true;
            if (isatty(STDERR_FILENO) == 1) {
                tell_that_it_waits(argument);
            }
        }
    }
    if (const Result<void> adopted = adopt_passed_sockets(); !adopted) {
        return Failure{"LISTEN_FDS", "", adopted.error()};
    }
    while (waits && monitor_->client_count() == 0 && !stopping_) {
        iterate();
    }
    return std::nullopt;
}

std::optional<Failure> Run::set_up_netdevs() {
    for (const std::size_t i : options_.netdevs.init_order()) {
        const NetdevArgument& argument = options_.netdevs.items()[i];
        if (is_to_end()) {
            break;
        }
        const Result<void> outcome =
            net_client_init(*context_, argument.netdev(), {argument.origin(), {}});
        if (!outcome && !is_to_end()) {
            return Failure{{}, argument.text, outcome.error()};
        }
    }
    return std::nullopt;
}

Result<void> Run::announce_ready() {
    if (!options_.uses_stdio()) {
        for (const std::string& line : net_info(*context_)) {
            print(line + "\n");
        }
        (void)fflush(stdout);
    }
    if (wants_terminal_) {
        terminal_ = NET_TRY(MonitorTerminal::start(*loop_, *monitor_));
    }
    NET_TRY(daemon_.detach());
    const std::size_t count = context_->registry().groups().size();
    notify_service_manager("READY=1\nSTATUS=" + std::to_string(count) +
                           (count == 1 ? " netdev" : " netdevs"));
    return {};
}

int Run::fail(const Failure& failure) {
    if (failure.option.empty() && !failure.text.empty()) {
        report_finding(failure.error, failure.text);
    } else {
        report_error(failure.option, failure.text, failure.error);
    }
    return exit_failed;
}

int Run::run() {
    Result<void> outcome = prepare();
    if (outcome) {
        outcome = add_fds();
    }
    if (!outcome) {
        return fail({"", "", outcome.error()});
    }
    std::optional<Failure> failure = open_monitors();
    if (!failure) {
        failure = set_up_netdevs();
    }
    if (failure) {
        return fail(*failure);
    }
    if (!is_to_end()) {
        outcome = announce_ready();
        if (!outcome) {
            return fail({"", "", outcome.error()});
        }
        g_main_loop_run(main_loop_);
    }
    return exit_done;
}

int run_run(Words words, const InheritedSignals& /*inherited*/) {
    Result<RunOptions> options = parse_run_options(words);
    if (!options) {
        report_error("", "", options.error());
        return exit_usage;
    }
    if (const std::optional<int> status = settle_netdevs(options->netdevs)) {
        return *status;
    }
    return Run(*std::move(options)).run();
}

}  // namespace

const Command kRunCommand = {
    "run", "hold netdevs, and serve QMP and human monitors",
    "usage: qnetdev run [-netdev ARG]... [-nic ARG]... [-net ARG]... [-qmp ADDRESS]...\n"
    "                   [-monitor ADDRESS]... [OPTION]...\n"
    "\n"
    "Sets the netdevs up, prints them as `info network` does, and keeps them until a client says\n"
    "quit or a SIGINT, SIGTERM or SIGHUP arrives. Then down scripts run, and the interfaces that\n"
    "it made are gone.\n"
    "\n"
    "  -netdev ARG          a backend, as QEMU's -netdev takes it; key=value text or JSON\n"
    "  -nic ARG, -net ARG   a backend, as QEMU's options of that name take it\n"
    "  -qmp ADDRESS         serve QMP there\n"
    "  -qmp-pretty ADDRESS  the same, with answers on many lines\n"
    "  -monitor ADDRESS     serve the human monitor there\n"
    "  -chardev ARG, -mon ARG  the same in two steps, as management programs write it\n"
    "  -S                   start in run state prelaunch\n"
    "  -name NAME           what query-name tells\n"
    "  -add-fd fd=N,set=M[,opaque=TEXT]  put an inherited descriptor into a set\n"
    "  -pidfile FILE        write the process's number there\n"
    "  -daemonize           go into the background once everything is set up\n"
    "  --timeout SECONDS    how long a script or helper may run (default: 30)\n"
    "  --verbose            tell more on standard error\n"
    "  --trace              show every system call on taps, over netlink and for scripts and\n"
    "                       helpers on standard error; so does QNETDEV_TRACE=1 in the environment\n"
    "\n"
    "ADDRESS is unix:PATH,server=on,wait=off[,mode=0600][,group=NAME][,uid=NUMBER]...,\n"
    "tcp:HOST:PORT,server=on,wait=off, stdio, or fd:NUMBER of an inherited socket. With wait=on,\n"
    "which is the default, nothing is set up before a client has connected. On TCP, of the users\n"
    "of this host only root and your own are served, unless uid=NUMBER names others, or uid=any\n"
    "everybody. Sockets that a service manager passes (LISTEN_FDS) are served as well; one named\n"
    "\"monitor\" is for humans.\n"
    "\n"
    "Exit status: 0 ended as it was told to, 1 something could not be set up, 2 wrong usage.\n",
    run_run};

}  // namespace qnetdev::cli
