// SPDX-License-Identifier: MIT
#include "net/monitor/qmp/request.h"

#include <utility>

#include "qapi/json_writer.h"
#include "qapi/utf8.h"

namespace qnetdev {
namespace {

Error envelope_error(std::string message, std::string_view member) {
    return Error(std::move(message)).with_stage(Stage::parse).with_param(std::string(member));
}

Result<std::string_view> command_name(const qapi::Value::Entry& entry) {
    if (entry.value.kind() != qapi::ValueKind::string) {
        return envelope_error("'" + std::string(entry.key) + "' must be a string", entry.key);
    }
    return entry.value.text();
}

}  // namespace

Result<Request> read_request(const qapi::Document& document, bool oob) {
    const qapi::Value root = document.root();
    if (root.kind() != qapi::ValueKind::object) {
        return Error("a command must be a JSON object with a member 'execute'")
            .with_stage(Stage::parse);
    }
    Request request;
    bool named = false;
    for (const qapi::Value::Entry& entry : root.entries()) {
        if (entry.key == "execute" || (oob && entry.key == "exec-oob")) {
            if (std::exchange(named, true)) {
                return envelope_error("'execute' and 'exec-oob' exclude each other", entry.key);
            }
            request.command = NET_TRY(command_name(entry));
            request.out_of_band = entry.key == "exec-oob";
        } else if (entry.key == "arguments") {
            if (entry.value.kind() != qapi::ValueKind::object) {
                return envelope_error("'arguments' must be an object", entry.key);
            }
            request.arguments = entry.value;
        } else if (entry.key == "exec-oob") {
            return envelope_error("'exec-oob' needs the capability 'oob', which is not enabled",
                                  entry.key);
        } else if (entry.key != "id") {
            return envelope_error("a command has no member '" + qapi::printable(entry.key) + "'",
                                  entry.key);
        }
    }
    if (!named) {
        return envelope_error("a command needs a member 'execute' with its name", "execute");
    }
    return request;
}

std::string request_id(const qapi::Document& document, qapi::JsonLayout layout) {
    const qapi::Value id = document.root().find("id");
    if (!id) {
        return {};
    }
    qapi::JsonWriter writer(layout);
    writer.value(id);
    return writer.take();
}

}  // namespace qnetdev
