// SPDX-License-Identifier: MIT
#include "net/monitor.h"
#include "net/monitor/commands/monitor_service.h"

namespace qnetdev {

NetMonitor::NetMonitor(NetContext& context, NetMonitorOptions options)
    : service_(std::make_unique<MonitorService>(context, std::move(options))) {}

NetMonitor::~NetMonitor() = default;

Result<void> NetMonitor::listen(UniqueFd listening_socket, MonitorAccess access) {
    return service_->listen(std::move(listening_socket), std::move(access));
}

Result<void> NetMonitor::serve(UniqueFd connected_socket, MonitorAccess access) {
    Transport transport = NET_TRY(Transport::from_socket(std::move(connected_socket)));
    return service_->serve(std::move(transport), std::move(access));
}

Result<void> NetMonitor::serve(UniqueFd input, UniqueFd output, MonitorAccess access) {
    return service_->serve(Transport::from_pipes(std::move(input), std::move(output)),
                           std::move(access));
}

Result<void> NetMonitor::add_fd(std::int64_t fdset_id, std::optional<std::string> opaque,
                                UniqueFd fd) {
    NET_TRY(service_->fd_sets().add(fdset_id, std::move(opaque), std::move(fd)));
    return {};
}

void NetMonitor::execute_human(std::string_view line,
                               std::function<void(HumanOutput output)> done) {
    service_->execute_human(line, std::move(done));
}

std::vector<std::string> NetMonitor::complete_human(std::string_view line) const {
    return service_->human_table().complete(line);
}

std::string NetMonitor::human_banner() const {
    return service_->banner();
}

void NetMonitor::announce_shutdown(ShutdownReason reason) {
    service_->announce_shutdown(reason);
}

std::size_t NetMonitor::client_count() const {
    return service_->client_count();
}

}  // namespace qnetdev
