// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "net/monitor/commands/monitor_service.h"
#include "net/net_context.h"
#include "net/result.h"

namespace qnetdev::cli {

/// Executes a whole QMP command, `{"execute":"netdev_add","arguments":{…}}`, and waits for its end.
///
/// It stands alone: its monitor is a fresh one, to which no descriptor has come along, and on which
/// nothing was negotiated. The context's loop must be that of the default GMainContext. `quit`, in
/// whichever language, is refused, for there is no program to end.
Result<void> execute_alone(NetContext& context, std::string_view command,
                           MonitorService::BringUp bring_up);

}  // namespace qnetdev::cli
