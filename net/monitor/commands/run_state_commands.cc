// SPDX-License-Identifier: MIT
#include "qapi/run_state_commands.h"

#include "net/monitor/commands/commands.h"
#include "net/monitor/commands/monitor_service.h"
#include "qapi/run_state_tables.h"

namespace qnetdev {

namespace commands = qapi::commands;

void add_run_state_commands(CommandTable& table, MonitorService& service) {
    table.add<commands::QueryStatus>([&service](qapi::Empty) -> Result<qapi::StatusInfo> {
        const qapi::RunState state = service.run_state();
        return qapi::StatusInfo{.running = state == qapi::RunState::running, .status = state};
    });
    table.add<commands::Stop>([&service](qapi::Empty) -> Result<void> {
        service.stop();
        return {};
    });
    table.add<commands::Cont>([&service](qapi::Empty) -> Result<void> {
        service.cont();
        return {};
    });
    table.add<commands::Quit>([&service](qapi::Empty) -> Result<void> {
        service.quit();
        return {};
    });
}

}  // namespace qnetdev
