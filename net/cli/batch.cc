// SPDX-License-Identifier: MIT
#include "net/cli/batch.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "net/cli/arguments.h"
#include "net/cli/command.h"
#include "net/cli/json_text.h"
#include "net/monitor/commands/describe_netdev.h"
#include "net/options/netdev_arguments.h"
#include "net/validate/validate.h"
#include "qapi/extensions_nlohmann.h"

namespace qnetdev::cli {
namespace {

/// One line of input. `id` is any JSON value and is echoed.
struct BatchCase {
    Json id = nullptr;
    std::string form = {};
    std::string arg = {};
};

Error bad_line(const std::string& what) {
    return Error("batch line " + what).with_stage(Stage::parse);
}

/// Takes the text, which may be long, out of the line.
Result<std::string> take_string(Json& line, const char* key) {
    const auto member = line.find(key);
    if (member == line.end() || !member->is_string()) {
        return bad_line("needs a string '" + std::string(key) + "'");
    }
    std::string text = std::move(member->get_ref<std::string&>());
    if (text.find('\0') != text.npos) {
        return bad_line("has a NUL in '" + std::string(key) + "'");  // no argument can hold one
    }
    return text;
}

/// Fills the case as far as the line can be read, so that the answer carries its id.
Result<void> read_case(std::string_view text, BatchCase& item) {
    Json line = NET_TRY(read_json(text));
    if (!line.is_object()) {
        return bad_line("must be a JSON object");
    }
    item.id = line.value("id", Json());
    item.form = NET_TRY(take_string(line, "form"));
    item.arg = NET_TRY(take_string(line, "arg"));
    return {};
}

/// What one case asks for. `-nic none` and `-net none` ask for no backend.
struct BatchRequest {
    std::optional<qapi::Netdev> netdev = {};
    NetdevOrigin origin = NetdevOrigin::command_line;
    std::vector<Error> card_findings = {};
};

std::optional<NetdevOption> option_of(std::string_view form) {
    if (form == "keyval" || form == "json") {
        return NetdevOption::netdev;
    }
    if (form == "nic") {
        return NetdevOption::nic;
    }
    return form == "net" ? std::optional(NetdevOption::net) : std::nullopt;
}

/// Takes the argument out of the case.
Result<BatchRequest> parse_form(BatchCase& item) {
    const std::optional<NetdevOption> option = option_of(item.form);
    if (!option) {
        return bad_line("has form '" + item.form +
                        "', which is none of keyval, json, nic, net, qmp");
    }
    NetdevArguments arguments;
    arguments.add(*option, std::move(item.arg));
    arguments.invent_ids(random_number);
    NetdevArgument argument = std::move(std::move(arguments).items().front());
    BatchRequest request{.origin = argument.origin()};
    ParsedNic parsed = NET_TRY(std::move(argument.parsed));
    request.card_findings = validate_nic_card(parsed);
    request.netdev = std::move(parsed.netdev);
    return request;
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
    if (item.form == "qmp") {
        return judge.qmp(item.arg);
    }
    Result<BatchRequest> request = parse_form(item);
    if (!request) {
        answer.outcome = std::move(request).error();
    } else if (!request->card_findings.empty()) {
        answer.outcome = std::move(request->card_findings.front());
    } else if (request->netdev.has_value()) {
        return judge.netdev(*request->netdev, request->origin);
    }
    return answer;
}

/// The same members always, so that who reads answers need not ask for them; only `hint` may miss.
Json describe_answer(BatchCase item, BatchAnswer answer) {
    Json told = {{"id", std::move(item.id)},
                 {"accept", answer.outcome && !answer.help},
                 {"stage", answer.help ? Json("help") : Json()},
                 {"class", nullptr},
                 {"desc", ""},
                 {"param", nullptr}};
    if (!answer.outcome) {
        Json finding = describe_finding(answer.outcome.error());
        finding.erase("span");
        told.update(finding);
    }
    told["info"] = std::move(answer.info);
    return told;
}

}  // namespace

int run_batch(const BatchJudge& judge) {
    std::string line;
    while (std::cout && std::getline(std::cin, line)) {
        BatchCase item;
        BatchAnswer answer = judge_line(line, item, judge);
        const Json told = describe_answer(std::move(item), std::move(answer));
        std::cout << write_json(told) << '\n' << std::flush;
    }
    return exit_done;
}

}  // namespace qnetdev::cli
