// SPDX-License-Identifier: MIT
#pragma once

#include "net/monitor/qmp/command_table.h"

/// The commands of the schema, a file for each of its parts.
namespace qnetdev {

class MonitorService;

/// Each adds its commands; `service` must outlive the table.
void add_control_commands(CommandTable& table, MonitorService& service);     // control.json
void add_run_state_commands(CommandTable& table, MonitorService& service);   // run-state.json
void add_descriptor_commands(CommandTable& table, MonitorService& service);  // descriptors.json
void add_net_commands(CommandTable& table, MonitorService& service);         // net.json
void add_extension_commands(CommandTable& table, MonitorService& service);   // extensions.json

}  // namespace qnetdev
