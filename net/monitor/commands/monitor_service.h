// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "net/base/fd_disposer.h"
#include "net/base/limits.h"
#include "net/base/socket_closer.h"
#include "net/monitor.h"
#include "net/monitor/commands/announcer.h"
#include "net/monitor/fds/fd_sets.h"
#include "net/monitor/fds/monitor_fds.h"
#include "net/monitor/hmp/hmp_session.h"
#include "net/monitor/qmp/command_table.h"
#include "net/monitor/qmp/qmp_session.h"
#include "net/monitor/wire/listener.h"
#include "net/netdev.h"
#include "qapi/run_state_types.h"

namespace qnetdev {

/// Everything that commands work on: what is behind a NetMonitor.
class MonitorService {
public:
    /// What net_client_init_async() does; another makes commands harmless that add a netdev.
    using BringUpDone = std::function<void(Result<void> outcome)>;
    using BringUp = std::function<void(NetContext& context, qapi::Netdev netdev,
                                       const NetInitOptions& options, BringUpDone done)>;

    MonitorService(NetContext& context, NetMonitorOptions options,
                   BringUp bring_up = net_client_init_async);
    MonitorService(const MonitorService&) = delete;
    MonitorService& operator=(const MonitorService&) = delete;
    ~MonitorService();

    NetContext& context() { return context_; }
    const NetMonitorOptions& options() const { return options_; }
    const NetContext& context() const { return context_; }
    const CommandTable& commands() const { return commands_; }
    const HmpTable& human_table() const { return human_table_; }
    FdSets& fd_sets() { return fd_sets_; }
    Announcer& announcer() { return announcer_; }
    const qapi::VersionInfo& version() const { return version_; }

    void bring_up(qapi::Netdev netdev, const NetInitOptions& options, BringUpDone done) {
        bring_up_(context_, std::move(netdev), options, std::move(done));
    }

    qapi::RunState run_state() const { return run_state_; }
    void stop();
    void cont();
    void quit();
    void announce_shutdown(ShutdownReason reason);

    /// Sends an event of the schema to every QMP client that is past its negotiation.
    template <class Event>
    void emit(const typename Event::Data& data) {
        send_event(Event::kName, [&data](qapi::JsonWriter& writer) {
            if constexpr (!std::is_same_v<typename Event::Data, qapi::Empty>) {
                writer.key("data");
                qapi::OutputVisitor(writer).write(data);
            }
        });
    }

    Result<void> listen(UniqueFd socket, MonitorAccess access);
    Result<void> serve(Transport transport, MonitorAccess access);
    std::size_t client_count() const { return sessions_.size() + human_sessions_.size(); }

    /// Executes a line for an embedder that is the human monitor's client itself.
    void execute_human(std::string_view line, HmpCall::Done done);
    /// The first line that a human sees.
    std::string banner() const;

private:
    /// A listening address, or a client that was handed to us.
    struct Endpoint {
        Endpoint(MonitorService& service, MonitorAccess access);
        Endpoint(const Endpoint&) = delete;
        Endpoint& operator=(const Endpoint&) = delete;
        ~Endpoint();

        FdDisposer disposer;  ///< Outlives what the clients have sent.
        /// Of the connections that are still to be closed, those of clients that were refused too.
        std::shared_ptr<const bool> account = std::make_shared<const bool>(true);
        MonitorAccess access;
        bool listens = false;                    ///< Otherwise nobody comes after the client.
        std::size_t clients = 0;                 ///< That are connected now.
        std::unique_ptr<QmpMonitor> qmp = {};    ///< Unless it is for humans.
        std::unique_ptr<HmpMonitor> human = {};  ///< Otherwise.
        Listener listener;

        /// Whether so many of its connections are still to be closed that it takes no more.
        bool is_full() const {
            return account.use_count() > static_cast<long>(limits::kDisposedFds);
        }
        ClientMonitor& monitor() { return qmp ? static_cast<ClientMonitor&>(*qmp) : *human; }
        /// Named descriptors outlive their client for the next one, if there can be one.
        void on_client_gone();
    };
    /// The embedder as a client: it can name the descriptors it has, and send none.
    struct LocalClient : FdClient {
        MonitorFds fds = MonitorFds();

        NamedFds& named_fds() override { return fds; }
        UniqueFd take_fd() override { return {}; }
    };

    Endpoint& add_endpoint(MonitorAccess access);
    void accept(Endpoint& endpoint, UniqueFd socket);
    Result<void> start_session(Endpoint& endpoint, Transport transport);
    template <class Session>
    Result<void> make_room(const std::list<std::shared_ptr<Session>>& sessions, Endpoint& endpoint);
    template <class Session, class Monitor>
    Result<void> start_in(std::list<std::shared_ptr<Session>>& sessions, Monitor& monitor,
                          Endpoint& endpoint, Transport transport);
    Result<void> admit(const Endpoint& endpoint, const Transport& transport) const;
    void send_event(std::string_view name,
                    const std::function<void(qapi::JsonWriter&)>& write_data);

    NetContext& context_;
    NetMonitorOptions options_;
    BringUp bring_up_;
    std::shared_ptr<SocketCloser> closer_ = std::make_shared<SocketCloser>();
    FdDisposer connections_{closer_};  ///< Nothing in a socket can hold its threads up.
    FdDisposer members_{closer_};      ///< Of descriptor sets.
    qapi::VersionInfo version_;
    qapi::RunState run_state_;
    FdSets fd_sets_{[this](UniqueFd fd) { members_.dispose(std::move(fd)); }};
    CommandTable commands_ = {};
    HmpTable human_table_;
    std::shared_ptr<LocalClient> local_ = std::make_shared<LocalClient>();
    Announcer announcer_;
    std::list<Endpoint> endpoints_ = {};
    std::list<std::shared_ptr<QmpSession>> sessions_ = {};
    std::list<std::shared_ptr<HmpSession>> human_sessions_ = {};
};

}  // namespace qnetdev
