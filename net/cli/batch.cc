// SPDX-License-Identifier: MIT
#include "net/cli/batch.h"

#include <algorithm>
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

constexpr const char* kLineHint = R"(a line is {"id":1,"form":"keyval","arg":"tap,id=hn0"})";

Error bad_line(const std::string& what) {
    return Error("batch line " + what).with_stage(Stage::parse).with_hint(kLineHint);
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
    Result<Json> read = read_json(text);
    if (!read) {
        return std::move(read).error().with_hint(kLineHint);
    }
    Json& line = *read;
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
    std::vector<std::string> warnings = {};
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

/// Fails for a form that there is not.
Result<void> check_form(const std::string& form) {
    const auto& forms = qapi::enum_names<qapi::NetdevBatchForm>;
    if (std::find(forms.begin(), forms.end(), form) != forms.end()) {
        return {};
    }
    return Error("batch line has form '" + form + "', which is none of keyval, json, nic, net, qmp")
        .with_stage(Stage::parse)
        .with_hint(suggest(form, {forms.begin(), forms.end()}));
}

/// Takes the argument out of the case, whose form is none of qmp.
Result<BatchRequest> parse_form(BatchCase& item) {
    NetdevArguments arguments;
    arguments.add(option_of(item.form).value_or(NetdevOption::netdev), std::move(item.arg));
    arguments.invent_ids(random_number);
    NetdevArgument argument = std::move(std::move(arguments).items().front());
    BatchRequest request{.origin = argument.origin(), .warnings = argument.warnings()};
    ParsedNic parsed = NET_TRY(std::move(argument.parsed));
    request.card_findings = validate_nic_card(parsed);
    request.netdev = std::move(parsed.netdev);
    return request;
}

struct JudgedLine {
    BatchAnswer answer = {};
    std::vector<std::string> warnings = {};
    bool malformed = false;
};

JudgedLine judge_line(std::string_view text, BatchCase& item, const BatchJudge& judge) {
    Result<void> readable = read_case(text, item);
    if (readable) {
        readable = check_form(item.form);
    }
    if (!readable) {
        return {.answer = {.findings = {std::move(readable).error()}}, .malformed = true};
    }
    if (item.form == "keyval" && is_netdev_help(item.arg)) {
        return {.answer = {.help = true}};
    }
    if (item.form == "qmp") {
        return {.answer = judge.qmp(item.arg)};
    }
    Result<BatchRequest> request = parse_form(item);
    if (!request) {
        return {.answer = {.findings = {std::move(request).error()}}};
    }
    JudgedLine line{.warnings = std::move(request->warnings)};
    if (!request->card_findings.empty()) {
        line.answer.findings = std::move(request->card_findings);
    } else if (request->netdev.has_value()) {
        line.answer = judge.netdev(*request->netdev, request->origin);
    }
    return line;
}

/// The same members always, so that who reads answers need not ask for them; only `hint` may miss.
/// Without the id.
qapi::NetdevBatchAnswer describe_line(JudgedLine line) {
    qapi::NetdevBatchAnswer told;
    told.accept = line.answer.findings.empty() && !line.answer.help;
    for (auto* member : {&told.stage, &told.class_, &told.param}) {
        member->value = qapi::Null{};
    }
    if (line.answer.help) {
        told.stage.value = "help";
    }
    told.info = std::move(line.answer.info);
    told.warnings = std::move(line.warnings);
    for (const Error& finding : line.answer.findings) {
        told.findings.push_back(describe_finding(finding));
    }
    if (!told.findings.empty()) {
        const qapi::NetdevFinding& first = told.findings.front();
        told.stage.value = first.stage;
        told.class_.value = first.class_;
        told.desc = first.desc;
        told.hint = first.hint;
        if (first.param) {
            told.param.value = *first.param;
        }
    }
    return told;
}

}  // namespace

int run_batch(const BatchJudge& judge) {
    std::string line;
    int status = exit_done;
    while (std::cout && std::getline(std::cin, line)) {
        BatchCase item;
        JudgedLine judged = judge_line(line, item, judge);
        status = judged.malformed ? exit_failed : status;
        Json told = describe_line(std::move(judged));
        told["id"] = std::move(item.id);  // which may be long: it is not copied
        std::cout << write_json(told) << '\n' << std::flush;
    }
    return status;
}

Error batch_with_netdev_error() {
    return Error("--batch reads its arguments from standard input, so it takes no -netdev")
        .with_stage(Stage::parse)
        .with_hint(kLineHint);
}

}  // namespace qnetdev::cli
