// SPDX-License-Identifier: MIT
#include "net/cli/batch.h"

#include <iostream>
#include <optional>

#include "net/cli/batch_qmp.h"
#include "net/cli/command.h"
#include "net/options.h"
#include "net/validate/validate.h"
#include "qapi/json_reader.h"
#include "qapi/json_writer.h"

namespace net::cli {
namespace {

/// One line of input. `id` is any JSON value and is echoed.
struct BatchCase {
    std::string id = "null";
    std::string form = {};
    std::string arg = {};
};

Error bad_line(const std::string& what) {
    return Error("batch line " + what).with_stage(Stage::parse);
}

Result<std::string> read_string(const qapi::Value& line, std::string_view key) {
    const qapi::Value value = line.find(key);
    if (!value || value.kind() != qapi::ValueKind::string) {
        return bad_line("needs a string '" + std::string(key) + "'");
    }
    return std::string(value.text());
}

/// Fills the case as far as the line can be read, so that the answer carries its id.
Result<void> read_case(std::string_view text, BatchCase& item) {
    const qapi::Document document = NET_TRY(qapi::parse_json(text));
    const qapi::Value line = document.root();
    if (line.kind() != qapi::ValueKind::object) {
        return bad_line("must be a JSON object");
    }
    if (const qapi::Value id = line.find("id")) {
        item.id = qapi::to_json(id);
    }
    item.form = NET_TRY(read_string(line, "form"));
    item.arg = NET_TRY(read_string(line, "arg"));
    return {};
}

/// What one case asks for. `-nic none`, `-net none` and some QMP commands ask for no backend.
struct BatchRequest {
    std::optional<qapi::Netdev> netdev = {};
    NetdevOrigin origin = NetdevOrigin::command_line;
    std::vector<Error> card_findings = {};
};

/// QEMU invents an id where -nic and -net give none.
BatchRequest request_of(ParsedNic parsed, NetdevOrigin origin) {
    BatchRequest request{.origin = origin};
    if (origin == NetdevOrigin::command_line) {
        request.card_findings = validate_nic_card(parsed);
    }
    request.netdev = std::move(parsed.netdev);
    if (request.netdev.has_value() && request.netdev->id.empty()) {
        request.netdev->id = "#net0";
    }
    return request;
}

Result<BatchRequest> parse_form(const BatchCase& item) {
    if (item.form == "qmp") {
        std::optional<qapi::Netdev> netdev = NET_TRY(read_qmp_command(item.arg));
        return BatchRequest{.netdev = std::move(netdev), .origin = NetdevOrigin::monitor};
    }
    if (item.form == "keyval" || item.form == "json") {
        ParsedNetdev parsed = NET_TRY(parse_netdev(item.arg));
        return BatchRequest{.netdev = std::move(parsed.netdev)};
    }
    if (item.form == "nic") {
        ParsedNic parsed = NET_TRY(parse_nic(item.arg));
        return request_of(std::move(parsed), NetdevOrigin::command_line);
    }
    if (item.form == "net") {
        ParsedNic parsed = NET_TRY(parse_net(item.arg));
        return request_of(std::move(parsed), NetdevOrigin::net_option);
    }
    return bad_line("has form '" + item.form + "', which is none of keyval, json, nic, net, qmp");
}

BatchAnswer judge_line(std::string_view text, BatchCase& item, const BatchJudge& judge) {
    BatchAnswer answer;
    answer.outcome = read_case(text, item);
    if (!answer.outcome) {
        return answer;
    }
    answer.help = item.form == "keyval" && is_netdev_help(item.arg);
    if (answer.help) {
        return answer;
    }
    Result<BatchRequest> request = parse_form(item);
    if (!request) {
        answer.outcome = std::move(request).error();
    } else if (!request->card_findings.empty()) {
        answer.outcome = std::move(request->card_findings.front());
    } else if (request->netdev.has_value()) {
        return judge(*request->netdev, request->origin);
    }
    return answer;
}

void write_error(const Error* error, bool help, qapi::JsonWriter& out) {
    const auto text_or_null = [&out](std::string_view key, std::string_view text) {
        out.key(key);
        text.empty() ? out.null() : out.string(text);
    };
    const std::string_view stage =
        error != nullptr ? stage_name(error->stage()) : std::string_view(help ? "help" : "");
    text_or_null("stage", stage);
    text_or_null("class", error != nullptr ? error_class_name(error->error_class()) : "");
    out.key("desc");
    out.string(error != nullptr ? error->message() : "");
    text_or_null("param", error != nullptr ? error->param() : "");
    if (error != nullptr && !error->hint().empty()) {
        text_or_null("hint", error->hint());
    }
}

std::string format_answer(const BatchCase& item, const BatchAnswer& answer) {
    const Error* error = answer.outcome ? nullptr : &answer.outcome.error();
    qapi::JsonWriter out;
    out.begin_object();
    out.key("id");
    out.raw(item.id);
    out.key("accept");
    out.boolean(error == nullptr && !answer.help);
    write_error(error, answer.help, out);
    out.key("info");
    out.begin_list();
    for (const std::string& line : answer.info) {
        out.string(line);
    }
    out.end_list();
    out.end_object();
    return out.take();
}

}  // namespace

int run_batch(const BatchJudge& judge) {
    std::string line;
    while (std::cout && std::getline(std::cin, line)) {
        BatchCase item;
        const BatchAnswer answer = judge_line(line, item, judge);
        std::cout << format_answer(item, answer) << '\n' << std::flush;
    }
    return exit_done;
}

}  // namespace net::cli
