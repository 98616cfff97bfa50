// SPDX-License-Identifier: MIT
#include "net/cli/monitor/client_words.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "net/monitor/wire/message_framer.h"

namespace qnetdev::cli {

Error bad_line(std::string message) {
    return Error(std::move(message)).with_stage(Stage::parse);
}

Error no_key_value(const std::string& word) {
    return bad_line("'" + word + "' is no KEY=VALUE");
}

namespace {

void skip_blanks(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
}

std::string take_word(std::string_view& rest, std::string_view ends) {
    std::string word(rest.substr(0, rest.find_first_of(ends)));
    rest.remove_prefix(word.size());
    return word;
}

/// A JSON value with which `rest` begins.
Result<std::string> take_json(std::string_view& rest) {
    MessageFramer framer;
    std::string_view ahead = rest;
    const std::optional<MessageFramer::Frame> frame = framer.next(ahead);
    if (!frame) {
        return bad_line("the JSON value is not complete: " + std::string(rest));
    }
    if (frame->error.has_value()) {
        return *frame->error;
    }
    std::string json(frame->text);
    rest = ahead;
    return json;
}

bool is_json_start(std::string_view rest) {
    return !rest.empty() && std::string_view("{[\"'").find(rest[0]) != rest.npos;
}

}  // namespace

Result<ClientWords> split_client_line(std::string_view rest) {
    ClientWords words;
    skip_blanks(rest);
    if (rest.starts_with('{')) {
        words.json = NET_TRY(take_json(rest));
    } else {
        words.command = take_word(rest, kBlanks);
    }
    for (skip_blanks(rest); !rest.empty(); skip_blanks(rest)) {
        if (rest.front() == '@') {
            rest.remove_prefix(1);
            words.fds.push_back(take_word(rest, kBlanks));
            continue;
        }
        TypedArgument typed;
        if (!is_json_start(rest)) {
            typed.path = take_word(rest, " \t\r\n=");
            if (typed.path.empty()) {
                return no_key_value(take_word(rest, kBlanks));
            }
            if (rest.empty() || rest.front() != '=') {
                typed.text = std::exchange(typed.path, "");
            } else {
                rest.remove_prefix(1);
            }
        }
        if (!words.json.empty()) {
            return no_key_value(typed.path + typed.text);
        }
        if (typed.path.empty() && !typed.text.empty()) {
            words.arguments.push_back(std::move(typed));
            continue;
        }
        typed.is_json = is_json_start(rest);
        if (typed.is_json) {
            typed.text = NET_TRY(take_json(rest));
        } else {
            typed.text = take_word(rest, kBlanks);
        }
        words.arguments.push_back(std::move(typed));
    }
    return words;
}

ClientSchema::Lookup lookup_in(const std::vector<TypedArgument>& arguments) {
    return [&arguments](const std::string& path) -> std::optional<std::string> {
        for (const TypedArgument& typed : arguments) {
            if (typed.path == path) {
                return typed.text;
            }
        }
        return std::nullopt;
    };
}

std::vector<std::string> missing_arguments(const ClientSchema& schema,
                                           const ClientSchema::Entry& command,
                                           const std::vector<TypedArgument>& given) {
    const ClientSchema::Lookup lookup = lookup_in(given);
    std::vector<std::string> missing;
    for (const auto& member : schema.members(command.type, "", lookup)) {
        if (!member.optional && !lookup(member.name)) {
            missing.push_back(member.name);
        }
    }
    return missing;
}

}  // namespace qnetdev::cli
