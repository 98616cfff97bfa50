// SPDX-License-Identifier: MIT
#include "net/monitor/commands/monitor_service.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "net/base/limits.h"
#include "net/monitor/commands/commands.h"
#include "net/monitor/commands/human_commands.h"
#include "net/monitor/wire/tcp_peer.h"
#include "qapi/run_state_events.h"
#include "qapi/run_state_tables.h"

namespace qnetdev {
namespace {

/// The version of QEMU whose commands these are.
constexpr qapi::VersionTriple kVocabulary{.major_ = 7, .minor_ = 2, .micro = 0};

CommandTable all_commands(MonitorService& service) {
    CommandTable table;
    add_control_commands(table, service);
    add_run_state_commands(table, service);
    add_descriptor_commands(table, service);
    add_net_commands(table, service);
    add_extension_commands(table, service);
    return table;
}

void write_timestamp(qapi::JsonWriter& writer) {
    using std::chrono::duration_cast;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = duration_cast<std::chrono::seconds>(now);
    const auto rest = duration_cast<std::chrono::microseconds>(now - seconds);
    writer.key("timestamp");
    writer.begin_object();
    writer.key("seconds");
    writer.number(std::int64_t{seconds.count()});
    writer.key("microseconds");
    writer.number(std::int64_t{rest.count()});
    writer.end_object();
}

bool is_listed(const std::vector<uid_t>& uids, uid_t uid) {
    return std::find(uids.begin(), uids.end(), uid) != uids.end();
}

Error refused(const std::string& who) {
    return Error("a client was refused by its user: " + who);
}

/// Who may use a monitor that everybody can connect to.
std::vector<uid_t> own_users() {
    return {0, geteuid()};
}

/// Who the client is, or why it is refused.
Result<std::string> admit_unix_client(const MonitorAccess& access, const Transport& transport) {
    const PeerCredentials peer = NET_TRY(transport.peer());
    std::string who = "process " + std::to_string(peer.pid) + " of user " +
                      std::to_string(peer.uid) + " and group " + std::to_string(peer.gid);
    const std::vector<uid_t> uids =
        access.uids.empty() && access.own_users ? own_users() : access.uids;
    if (!access.any_user && !uids.empty() && !is_listed(uids, peer.uid)) {
        return refused(who).with_hint("uid=" + std::to_string(peer.uid) + " lets that user in");
    }
    return who;
}

/// The same. Everybody on this host can connect to a port.
Result<std::string> admit_network_client(const MonitorAccess& access, int socket) {
    if (access.any_user) {
        return std::string("any user's");
    }
    Result<std::optional<uid_t>> uid = tcp_peer_uid(socket);
    if (!uid) {
        return std::move(uid).error().with_prefix("a client was refused");
    }
    const std::vector<uid_t> uids = access.uids.empty() ? own_users() : access.uids;
    if (*uid) {
        const std::string who = "user " + std::to_string(**uid);
        return is_listed(uids, **uid) ? Result<std::string>(who + "'s") : refused(who);
    }
    if (!access.uids.empty()) {
        return refused("it is not on this host");
    }
    return std::string("not on this host");
}

Result<std::string> admit_client(const MonitorAccess& access, const Transport& transport) {
    if (transport.carries_fds()) {
        return admit_unix_client(access, transport);
    }
    return transport.is_network() ? admit_network_client(access, transport.input())
                                  : std::string("on pipes");
}

/// Whether it is a UNIX socket that no file's mode protects: an abstract one, unix(7).
bool is_without_file(int socket) {
    sockaddr_un address = {};
    socklen_t size = sizeof address;
    return getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
           address.sun_family == AF_UNIX &&
           (size <= offsetof(sockaddr_un, sun_path) || address.sun_path[0] == '\0');
}

/// Whether somebody on another host, or any user of this one, can connect to the socket.
bool is_on_tcp(int socket) {
    int domain = AF_UNSPEC;
    socklen_t size = sizeof domain;
    (void)getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    return domain == AF_INET || domain == AF_INET6;
}

}  // namespace

MonitorService::Endpoint::Endpoint(MonitorService& service, MonitorAccess monitor_access)
    : disposer(service.closer_),
      access(std::move(monitor_access)),
      listener(
          service.context_.loop(), service.context_.log(), [this] { return !is_full(); },
          [&service, this](UniqueFd socket) { service.accept(*this, std::move(socket)); }) {
    NetContext& context = service.context_;
    const auto dispose = [this](UniqueFd fd) { disposer.dispose(std::move(fd)); };
    if (access.human) {
        human = std::make_unique<HmpMonitor>(context.loop(), service.human_table_, dispose);
        human->banner = service.banner();
    } else {
        qmp = std::make_unique<QmpMonitor>(context.loop(), service.commands_, dispose);
        qmp->version = service.version_;
        qmp->layout = access.pretty ? qapi::JsonLayout::pretty : qapi::JsonLayout::line;
    }
    monitor().log = context.log();
    monitor().name = access.name;
    monitor().disposer = &disposer;
    monitor().dispose_connection = [&service, this](UniqueFd connection) {
        if (listens) {
            (void)shutdown(connection.get(), SHUT_RDWR);  // at once; nobody else has it
        }
        service.connections_.dispose(std::move(connection), account);
    };
}

/// Those who have connected and were not accepted may have sent something, too.
MonitorService::Endpoint::~Endpoint() {
    listens = false;  // nor is the socket shut down: it may be a service manager's
    monitor().dispose_connection(listener.release());
}

void MonitorService::Endpoint::on_client_gone() {
    --clients;
    if (!listens) {
        monitor().fds.close_all();
    }
}

MonitorService::MonitorService(NetContext& context, NetMonitorOptions options, BringUp bring_up)
    : context_(context),
      options_(std::move(options)),
      bring_up_(std::move(bring_up)),
      version_{.qemu = kVocabulary, .package = "qnetdev " NET_VERSION},
      run_state_(options_.start_stopped ? qapi::RunState::prelaunch : qapi::RunState::running),
      commands_(all_commands(*this)),
      human_table_(human_commands(*this)),
      announcer_(context) {}

MonitorService::~MonitorService() {
    while (!sessions_.empty()) {
        const std::shared_ptr<QmpSession> session = sessions_.front();
        session->shut_down();
    }
    while (!human_sessions_.empty()) {
        const std::shared_ptr<HmpSession> session = human_sessions_.front();
        session->shut_down();
    }
}

std::string MonitorService::banner() const {
    return version_.package + " monitor - type 'help' for more information";
}

void MonitorService::execute_human(std::string_view line, HmpCall::Done done) {
    human_table_.execute(line, HmpCall(local_, std::move(done)));
}

MonitorService::Endpoint& MonitorService::add_endpoint(MonitorAccess access) {
    return endpoints_.emplace_back(*this, std::move(access));
}

Result<void> MonitorService::listen(UniqueFd socket, MonitorAccess access) {
    if (access.uids.empty() && !access.any_user && is_without_file(socket.get())) {
        access.own_users = true;
        context_.log().warning("monitor " + access.name +
                               ": every user can connect to a UNIX socket without a file; only "
                               "root and user " +
                               std::to_string(geteuid()) + " are served");
    }
    Endpoint& endpoint = add_endpoint(std::move(access));
    endpoint.listens = true;
    if (geteuid() == 0 && is_on_tcp(socket.get())) {
        context_.log().warning("monitor " + endpoint.access.name +
                               ": whoever is served on TCP can run programs as root; a UNIX "
                               "socket is safer");
    }
    Result<void> started = endpoint.listener.start(std::move(socket));
    if (!started) {
        endpoints_.pop_back();
    }
    return started;
}

Result<void> MonitorService::serve(Transport transport, MonitorAccess access) {
    return start_session(add_endpoint(std::move(access)), std::move(transport));
}

void MonitorService::accept(Endpoint& endpoint, UniqueFd socket) {
    Result<Transport> transport = Transport::from_socket(std::move(socket));
    Result<void> outcome = transport ? start_session(endpoint, *std::move(transport))
                                     : Result<void>(std::move(transport).error());
    if (!outcome) {
        context_.log().warning("monitor " + endpoint.access.name + ": " +
                               outcome.error().message());
    }
}

/// Whether the client may use the monitor; tells the log who it is.
Result<void> MonitorService::admit(const Endpoint& endpoint, const Transport& transport) const {
    const std::string who = NET_TRY(admit_client(endpoint.access, transport));
    context_.log().info("monitor " + endpoint.access.name + ": client is " + who);
    return {};
}

Result<void> MonitorService::start_session(Endpoint& endpoint, Transport transport) {
    if (Result<void> admitted = admit(endpoint, transport); !admitted) {
        endpoint.monitor().dispose_connection(transport.release());
        return admitted;
    }
    return endpoint.human
               ? start_in(human_sessions_, *endpoint.human, endpoint, std::move(transport))
               : start_in(sessions_, *endpoint.qmp, endpoint, std::move(transport));
}

/// If all places are taken, that of who has been silent for longest and may lose it. Comes after
/// admit(): who is refused takes nobody's place.
template <class Session>
Result<void> MonitorService::make_room(const std::list<std::shared_ptr<Session>>& sessions,
                                       Endpoint& endpoint) {
    if (endpoint.clients < limits::kMonitorClients) {
        return {};
    }
    const auto oldest = std::find_if(sessions.begin(), sessions.end(), [&](const auto& session) {
        return &session->monitor() == &endpoint.monitor() && session->gives_way();
    });
    if (oldest == sessions.end()) {
        return Error("a client was refused: there are " + std::to_string(endpoint.clients));
    }
    context_.log().warning("monitor " + endpoint.access.name +
                           ": a silent client is cut off, since another needs its place");
    const std::shared_ptr<Session> session = *oldest;
    session->shut_down();
    return {};
}

template <class Session, class Monitor>
Result<void> MonitorService::start_in(std::list<std::shared_ptr<Session>>& sessions,
                                      Monitor& monitor, Endpoint& endpoint, Transport transport) {
    NET_TRY(make_room(sessions, endpoint));
    ++endpoint.clients;
    const auto place = sessions.insert(sessions.end(), nullptr);
    *place = std::make_shared<Session>(monitor, std::move(transport),
                                       [&sessions, place, &endpoint](Session&) {
                                           sessions.erase(place);
                                           endpoint.on_client_gone();
                                       });
    const std::shared_ptr<Session> session = *place;
    Result<void> started = session->start();
    if (!started) {
        session->shut_down();
    }
    return started;
}

void MonitorService::send_event(std::string_view name,
                                const std::function<void(qapi::JsonWriter&)>& write_data) {
    const auto message = [&](qapi::JsonLayout layout) {
        qapi::JsonWriter writer(layout);
        writer.begin_object();
        write_timestamp(writer);
        writer.key("event");
        writer.string(name);
        write_data(writer);
        writer.end_object();
        return writer.take();
    };
    const std::string line = message(qapi::JsonLayout::line);
    // A client that is cut off leaves the list.
    for (auto next = sessions_.begin(); next != sessions_.end();) {
        const std::shared_ptr<QmpSession> session = *next++;
        const bool is_line = session->layout() == qapi::JsonLayout::line;
        session->send_event(is_line ? line : message(session->layout()));
    }
}

void MonitorService::stop() {
    if (run_state_ == qapi::RunState::running) {
        run_state_ = qapi::RunState::paused;
        emit<qapi::events::Stop>({});
    }
}

void MonitorService::cont() {
    if (run_state_ == qapi::RunState::paused || run_state_ == qapi::RunState::prelaunch) {
        run_state_ = qapi::RunState::running;
        emit<qapi::events::Resume>({});
    }
}

void MonitorService::announce_shutdown(ShutdownReason reason) {
    run_state_ = qapi::RunState::shutdown;
    emit<qapi::events::Shutdown>({.guest = false,
                                  .reason = reason == ShutdownReason::signal
                                                ? qapi::ShutdownCause::host_signal
                                                : qapi::ShutdownCause::host_qmp_quit});
}

void MonitorService::quit() {
    announce_shutdown(ShutdownReason::qmp_quit);
    if (options_.on_quit) {
        options_.on_quit();
    }
}

}  // namespace qnetdev
