// SPDX-License-Identifier: MIT
#include "net/monitor/qmp/command_table.h"

#include "qapi/suggest.h"
#include "qapi/utf8.h"

namespace qnetdev {
namespace {

Error unknown_command(std::string_view name, const CommandTable& commands) {
    return Error("there is no command '" + qapi::printable(name) + "'",
                 ErrorClass::command_not_found)
        .with_stage(Stage::parse)
        .with_param("execute")
        .with_hint(qapi::did_you_mean(qapi::nearest(name, commands.names())));
}

}  // namespace

void CommandTable::execute(const qapi::Document& document, const Request& request,
                           Call call) const {
    const Entry* entry = find(request.command);
    if (entry == nullptr) {
        return call.fail(unknown_command(request.command, *this));
    }
    if (request.out_of_band && !entry->allow_oob) {
        return call.fail(Error("'" + std::string(entry->name) + "' cannot be executed out of band")
                             .with_hint("send it as 'execute'"));
    }
    entry->run(request.arguments, document, std::move(call));
}

}  // namespace qnetdev
