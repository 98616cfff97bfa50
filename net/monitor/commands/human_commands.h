// SPDX-License-Identifier: MIT
#pragma once

#include "net/monitor/hmp/hmp_table.h"

namespace qnetdev {

class MonitorService;

/// The commands of the human monitor; `service` must outlive the table.
HmpTable human_commands(MonitorService& service);

/// Names the descriptor that a client sent along; in blocking mode, as its new owners expect it.
Result<void> name_fd(FdClient& client, std::string_view name);

}  // namespace qnetdev
