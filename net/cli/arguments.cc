// SPDX-License-Identifier: MIT
#include "net/cli/arguments.h"

#include <sys/random.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "net/base/shell_quote.h"
#include "net/cli/report.h"
#include "net/validate/validate.h"
#include "qapi/net_tables.h"
#include "qapi/suggest.h"

namespace qnetdev::cli {
namespace {

Error usage_error(std::string message, std::string hint = {}) {
    return Error(std::move(message)).with_stage(Stage::parse).with_hint(std::move(hint));
}

std::string_view without_dashes(std::string_view name) {
    name.remove_prefix(name.starts_with('-') ? 1 : 0);
    name.remove_prefix(name.starts_with('-') ? 1 : 0);
    return name;
}

const OptionSpec* find_spec(const std::vector<OptionSpec>& specs, std::string_view name) {
    for (const OptionSpec& spec : specs) {
        if (!without_dashes(name).empty() && without_dashes(spec.name) == without_dashes(name)) {
            return &spec;
        }
    }
    return nullptr;
}

OptionSpec netdev_spec(NetdevOption option, NetdevArguments& arguments) {
    return {netdev_option_name(option), true,
            [option, &arguments](std::string_view value) -> Result<void> {
                arguments.add(option, std::string(value));
                return {};
            }};
}

/// "a, b and c"
std::string join(const std::vector<std::string_view>& words, std::string_view last) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text.append(i == 0 ? "" : i + 1 == words.size() ? last : ", ").append(words[i]);
    }
    return text;
}

/// `word` as it is written, of which `given` is the name.
Error unknown_option(std::string_view word, std::string_view given,
                     const std::vector<OptionSpec>& specs) {
    const std::string_view name = word.substr(0, word.find('='));
    std::vector<std::string_view> names;
    std::vector<std::string_view> bare_names;
    for (const OptionSpec& spec : specs) {
        names.push_back(spec.name);
        bare_names.push_back(without_dashes(spec.name));
    }
    std::string hint = names.empty() ? "" : "the options are " + join(names, " and ");
    const std::string_view near = qapi::nearest(without_dashes(name), bare_names);
    for (std::size_t i = 0; i < names.size() && !near.empty(); ++i) {
        if (bare_names[i] == near && near == without_dashes(name)) {
            // One dash and a '='.
            hint = "the value is a word of its own: " + std::string(names[i]) + " " +
                   std::string(word.substr(std::min(name.size() + 1, word.size())));
        } else if (bare_names[i] == near) {
            hint = qapi::did_you_mean(names[i]);
        }
    }
    return usage_error("unknown option '" + std::string(given) + "'", std::move(hint));
}

/// A type, or options: what was probably meant for -netdev.
bool looks_like_netdev(std::string_view word) {
    const auto& types = qapi::enum_names<qapi::NetClientDriver>;
    const std::string_view type = word.substr(0, word.find(','));
    return word.starts_with('{') || std::find(types.begin(), types.end(), type) != types.end() ||
           (type.size() < word.size() && word.find('=') != word.npos);
}

Error stray_word(std::string_view word, const std::vector<OptionSpec>& specs) {
    std::string hint;
    if (find_spec(specs, "-netdev") != nullptr) {
        hint = looks_like_netdev(word)
                   ? "write -netdev " + shell_quote(word)
                   : "a netdev stands behind -netdev, and every option has dashes";
    }
    return usage_error("unexpected word '" + std::string(word) + "'", std::move(hint));
}

/// How to go on behind an option that is the last word.
std::string value_hint(const OptionSpec& spec) {
    if (spec.name == "-netdev") {
        return "for example -netdev tap,id=hn0";
    }
    const bool other = spec.name == "-nic" || spec.name == "-net";
    return other ? "for example " + std::string(spec.name) + " tap" : "";
}

}  // namespace

OptionSpec flag_spec(std::string_view name, bool& target) {
    return {name, false, [&target](std::string_view) -> Result<void> {
                target = true;
                return {};
            }};
}

OptionSpec trace_spec(bool& target) {
    return flag_spec("--trace", target);
}

Trace tool_trace(bool wanted) {
    const char* variable = getenv("QNETDEV_TRACE");  // NOLINT(concurrency-mt-unsafe)
    const bool set = variable != nullptr && std::string_view(variable) == "1";
    return wanted || set ? stderr_trace() : Trace();
}

SplitWords split_words(Words words) {
    const auto dashes = std::find(words.begin(), words.end(), "--");
    const auto before = static_cast<std::size_t>(dashes - words.begin());
    if (dashes == words.end()) {
        return {words};
    }
    return {words.first(before), words.subspan(before + 1), true};
}

Result<void> parse_arguments(Words words, const std::vector<OptionSpec>& specs,
                             const TakeWord& take_word) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (!word.starts_with('-')) {
            if (!take_word) {
                return stray_word(word, specs);
            }
            NET_TRY(take_word(word));
            continue;
        }
        const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
        const std::string_view name = word.substr(0, equals);
        const OptionSpec* spec = find_spec(specs, name);
        if (spec == nullptr) {
            return unknown_option(word, name, specs);
        }
        const bool has_value = equals != std::string_view::npos;
        if (has_value && !spec->takes_value) {
            return usage_error("option '" + std::string(name) + "' takes no value",
                               "write " + std::string(name));
        }
        std::string_view value = has_value ? word.substr(equals + 1) : std::string_view();
        if (spec->takes_value && !has_value) {
            if (i + 1 == words.size()) {
                return usage_error("option '" + std::string(name) + "' needs a value",
                                   value_hint(*spec));
            }
            value = words[++i];
        }
        NET_TRY(spec->apply(value));
    }
    return {};
}

std::string suggest(std::string_view given, const std::vector<std::string_view>& known) {
    std::string hint = qapi::did_you_mean(qapi::nearest(given, known));
    return hint.empty() ? "there are " + join(known, " and ") : hint;
}

Error choice_error(std::string_view option, const std::vector<std::string_view>& choices,
                   std::string_view given) {
    return usage_error("'" + std::string(option) + "' must be " + join(choices, " or ") +
                           ", not '" + std::string(given) + "'",
                       qapi::did_you_mean(qapi::nearest(given, choices)));
}

Error no_netdev_error(std::string_view what) {
    return usage_error(std::string(what), "for example -netdev tap,id=hn0,script=no,downscript=no");
}

std::vector<OptionSpec> netdev_option_specs(NetdevArguments& arguments) {
    return {netdev_spec(NetdevOption::netdev, arguments)};
}

std::vector<OptionSpec> nic_option_specs(NetdevArguments& arguments) {
    return {netdev_spec(NetdevOption::nic, arguments), netdev_spec(NetdevOption::net, arguments)};
}

bool asks_for_types(const NetdevArguments& arguments) {
    return std::any_of(arguments.items().begin(), arguments.items().end(),
                       [](const NetdevArgument& argument) { return argument.asks_for_help(); });
}

std::vector<Error> reading_errors(const NetdevArgument& argument) {
    if (argument.asks_for_help()) {
        return {};
    }
    return argument.parsed ? validate_nic_card(*argument.parsed)
                           : std::vector<Error>{argument.parsed.error()};
}

std::optional<int> settle_netdevs(NetdevArguments& arguments) {
    for (const NetdevArgument& argument : arguments.items()) {
        const std::vector<Error> broken = reading_errors(argument);
        if (!broken.empty()) {
            report_finding(broken.front(), argument.text);
            return exit_failed;
        }
        for (const std::string& warning : argument.warnings()) {
            report_warning(argument.name(), argument.text, warning);
        }
    }
    if (asks_for_types(arguments)) {
        print(list_netdev_types());
        return exit_done;
    }
    arguments.invent_ids(random_number);
    return std::nullopt;
}

unsigned random_number() {
    unsigned number = 0;
    (void)getrandom(&number, sizeof(number), GRND_NONBLOCK);  // no id is worth an error
    return number;
}

std::string list_netdev_types() {
    std::string text = "Available netdev backend types:\n";
    for (const std::string_view name : qapi::enum_names<qapi::NetClientDriver>) {
        if (name != "none" && name != "nic") {
            text.append(name).append("\n");
        }
    }
    return text;
}

Result<int> parse_seconds(std::string_view name, std::string_view text) {
    constexpr int kMax = 3600;
    int seconds = 0;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, seconds);
    if (problem != std::errc() || stop != end || seconds < 1 || seconds > kMax) {
        return usage_error("'" + std::string(name) + "' must be a number of seconds from 1 to " +
                               std::to_string(kMax) + ", not '" + std::string(text) + "'",
                           "for example " + std::string(name) + " 60");
    }
    return seconds;
}

}  // namespace qnetdev::cli
