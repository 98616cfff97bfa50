// SPDX-License-Identifier: MIT
#include "net/cli/batch_qmp.h"

#include <glib.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/monitor/fds/monitor_fds.h"
#include "net/monitor/qmp/request.h"
#include "qapi/json_reader.h"

namespace qnetdev::cli {
namespace {

/// A client that has sent one command, and keeps what became of it.
class LoneClient : public Caller {
public:
    std::optional<Result<void>> outcome = {};

    NamedFds& named_fds() override { return fds_; }
    UniqueFd take_fd() override { return {}; }
    Result<void> negotiate(const std::vector<qapi::QMPCapability>& /*enable*/) override {
        return {};
    }
    void reply(const CallTag& /*tag*/, const WriteValue& /*write*/) override {
        outcome = Result<void>();
    }
    void fail(const CallTag& /*tag*/, const Error& error) override { outcome = error; }

private:
    MonitorFds fds_ = MonitorFds();
};

}  // namespace

Result<void> execute_alone(NetContext& context, std::string_view command,
                           MonitorService::BringUp bring_up) {
    const qapi::Document document = NET_TRY(qapi::parse_json(command));
    const Request request = NET_TRY(read_request(document, false));
    bool quits = false;
    const auto client = std::make_shared<LoneClient>();
    MonitorService service(context, {.on_quit = [&quits] { quits = true; }}, std::move(bring_up));
    service.commands().execute(document, request, Call(client, {}));
    while (!client->outcome.has_value()) {
        (void)g_main_context_iteration(nullptr, TRUE);  // scripts and helpers have a time-out
    }
    if (quits) {
        return Error("a batch has no program that 'quit' could end", ErrorClass::command_not_found)
            .with_stage(Stage::parse)
            .with_param("execute");
    }
    return *client->outcome;
}

}  // namespace qnetdev::cli
